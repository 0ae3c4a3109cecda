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
