using Breeze.Contracts.Live;
using Breeze.Core.Access;

namespace Breeze.Silo.Live;

/// <summary>What deployments provide: the state now, and the asking for changes.</summary>
public interface ILiveSource
{
    /// <summary>Null: unknown, or outside the scope.</summary>
    Task<DeploymentProgress?> Find(OrgScope scope, Guid deployment);

    /// <summary>Tells the deployment that this silo watches, for the next half minute.</summary>
    void Watch(Guid deployment);
}

/// <summary>What patch jobs provide. They run as deployments do: watching one is watching that.</summary>
public interface IJobLiveSource
{
    /// <summary>Null: unknown, or outside the scope.</summary>
    Task<JobProgress?> Find(OrgScope scope, Guid job);
}

/// <summary>What compliance provides: the state of one organization now.</summary>
public interface IComplianceLiveSource
{
    /// <summary>Null: unknown, or outside the scope.</summary>
    Task<ComplianceChanged?> Find(OrgScope scope, Guid org);
}

/// <summary>What approvals provide: what was decided of late in one organization.</summary>
public interface IApprovalLiveSource
{
    /// <summary>Whether there is such an organization in the scope.</summary>
    Task<bool> Exists(OrgScope scope, Guid org);

    /// <summary>Decisions, and ends of deferrals, since an instant; the last first, at most so many.</summary>
    Task<IReadOnlyList<LiveApproval>> Since(Guid org, DateTimeOffset since, int most);
}

/// <summary>How an approval stands.</summary>
/// <param name="Version">Grows with each decision about the patch; the end of a deferral is none.</param>
public sealed record LiveApproval(Guid PatchId, string Status, long Version);
