namespace Breeze.Core.Access;

/// <summary>What an operator may be allowed to do. Every route and hub method names one.</summary>
public enum Right
{
    /// <summary>Devices, sites, groups, tags, scripts and windows, to look at; filters, to try out.</summary>
    ViewFleet,

    /// <summary>Deployments, their devices, failures and live progress.</summary>
    ViewDeployments,

    /// <summary>Organizations and partners within the caller's scope.</summary>
    ViewOrganizations,

    /// <summary>Create, edit, delete, initialize, start, pause, resume, cancel, retry, roll back.</summary>
    RunDeployments,

    /// <summary>The catalogue, approvals, jobs, compliance and its reports, to look at.</summary>
    ViewPatches,

    /// <summary>Scans, patch jobs, rollbacks and compliance reports.</summary>
    RunPatches,

    /// <summary>Approve, decline and defer patches.</summary>
    DecidePatches,

    /// <summary>Configuration policies, their assignments, and which of them a device obeys.</summary>
    ViewPolicies,

    /// <summary>Make, change, assign and delete configuration policies.</summary>
    ManagePolicies,

    /// <summary>Make, change and delete device groups.</summary>
    EditGroups,

    /// <summary>A device's display name, tags and custom fields.</summary>
    EditDevices,

    /// <summary>Make, change and delete scripts.</summary>
    ManageScripts,

    /// <summary>Make, change and delete software packages.</summary>
    ManageSoftware,

    /// <summary>Make, change and delete sites, and move a device to another.</summary>
    ManageSites,

    /// <summary>Make, change and delete maintenance windows.</summary>
    ManageWindows,

    /// <summary>Enrolment keys: list, make, revoke.</summary>
    ManageEnrollment,

    /// <summary>Take a device out of service for good; rotate or revoke its credential.</summary>
    DecommissionDevices,

    /// <summary>API keys within the caller's own role and scope: list, make, change, revoke.</summary>
    ManageKeys,

    /// <summary>Read and verify the audit log.</summary>
    ReadAudit,

    /// <summary>Make, rename and delete organizations.</summary>
    ManageOrganizations,

    /// <summary>Make, rename and delete partners.</summary>
    ManagePartners,

    /// <summary>The silos, the Orleans dashboard and metrics of the whole installation.</summary>
    ViewInternals,

    /// <summary>Add a key that signs commands from then on.</summary>
    RotateCommandKeys,

    /// <summary>See who oneself is, end one's own session, make a sign-in link for oneself: whoever is signed in may.</summary>
    UseSession,
}

/// <summary>The one table of who may do what.</summary>
public static class Rights
{
    /// <summary>The least role, and the least reach, that has the right.</summary>
    public static (Role Role, ScopeKind Scope) Needs(Right right) => right switch
    {
        Right.ViewFleet => (Role.Viewer, ScopeKind.Org),
        Right.ViewDeployments => (Role.Viewer, ScopeKind.Org),
        Right.ViewOrganizations => (Role.Viewer, ScopeKind.Org),
        Right.RunDeployments => (Role.Technician, ScopeKind.Org),
        Right.ViewPatches => (Role.Viewer, ScopeKind.Org),
        Right.RunPatches => (Role.Technician, ScopeKind.Org),
        Right.DecidePatches => (Role.Technician, ScopeKind.Org),
        Right.ViewPolicies => (Role.Viewer, ScopeKind.Org),
        Right.ManagePolicies => (Role.Admin, ScopeKind.Org),
        Right.EditGroups => (Role.Technician, ScopeKind.Org),
        Right.EditDevices => (Role.Technician, ScopeKind.Org),
        Right.ManageScripts => (Role.Admin, ScopeKind.Org),
        Right.ManageSoftware => (Role.Admin, ScopeKind.Org),
        Right.ManageSites => (Role.Admin, ScopeKind.Org),
        Right.ManageWindows => (Role.Admin, ScopeKind.Org),
        Right.ManageEnrollment => (Role.Admin, ScopeKind.Org),
        Right.DecommissionDevices => (Role.Admin, ScopeKind.Org),
        Right.ManageKeys => (Role.Admin, ScopeKind.Org),
        Right.ReadAudit => (Role.Admin, ScopeKind.Org),
        Right.ManageOrganizations => (Role.Admin, ScopeKind.Partner),
        Right.ManagePartners => (Role.Admin, ScopeKind.System),
        Right.ViewInternals => (Role.Admin, ScopeKind.System),
        Right.RotateCommandKeys => (Role.Admin, ScopeKind.System),
        Right.UseSession => (Role.Viewer, ScopeKind.Org),
        _ => throw new ArgumentOutOfRangeException(nameof(right), right, "A right without a row in the table."),
    };

    /// <summary>Whether a key of this role and reach has the right.</summary>
    public static bool Allow(Right right, Role role, ScopeKind scope)
    {
        var needs = Needs(right);
        return role >= needs.Role && scope >= needs.Scope;
    }

    /// <summary>Whether a key may make another: never one with a higher role or a further reach than its own.</summary>
    /// <remarks>That the other's organization or partner lies inside the caller's is the caller's scope to judge, in SQL.</remarks>
    public static bool MayGrant(Caller caller, Role role, ScopeKind scope) => role <= caller.Role && scope <= caller.Scope.Kind;
}
