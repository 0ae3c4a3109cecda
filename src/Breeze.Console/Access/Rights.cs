namespace Breeze.Console.Access;

/// <summary>The rights that decide what is offered. The server judges each request by itself, whatever is shown here.</summary>
public static class Rights
{
    public const string ViewFleet = "view_fleet";
    public const string ViewDeployments = "view_deployments";
    public const string ViewOrganizations = "view_organizations";
    public const string RunDeployments = "run_deployments";
    public const string ViewPatches = "view_patches";
    public const string RunPatches = "run_patches";
    public const string DecidePatches = "decide_patches";
    public const string ViewPolicies = "view_policies";
    public const string ManagePolicies = "manage_policies";
    public const string EditGroups = "edit_groups";
    public const string EditDevices = "edit_devices";
    public const string ManageScripts = "manage_scripts";
    public const string ManageSoftware = "manage_software";
    public const string ManageSites = "manage_sites";
    public const string ManageWindows = "manage_windows";
    public const string ManageEnrollment = "manage_enrollment";
    public const string DecommissionDevices = "decommission_devices";
    public const string ManageKeys = "manage_keys";
    public const string ReadAudit = "read_audit";
    public const string ManageOrganizations = "manage_organizations";
    public const string ManagePartners = "manage_partners";
    public const string ViewInternals = "view_internals";
}
