using Breeze.Contracts.Deployments;
using Breeze.Contracts.Live;

namespace Breeze.Silo.Live;

/// <summary>A run's progress in the words of patch jobs.</summary>
internal static class JobMessages
{
    public static JobProgress Of(DeploymentProgress run)
    {
        var p = run.Progress;
        return new JobProgress(
            run.DeploymentId,
            run.Status switch
            {
                DeploymentStatus.Draft or DeploymentStatus.Pending => "scheduled",
                DeploymentStatus.Completed => "completed",
                DeploymentStatus.Failed => "failed",
                DeploymentStatus.Cancelled => "cancelled",
                _ => "running",
            },
            p?.Total ?? 0,
            p is null ? 0 : p.Completed + p.Failed + p.Skipped,
            p?.Failed ?? 0,
            p?.Skipped ?? 0,
            p is null ? 0 : p.Pending + p.Running,
            run.Version);
    }
}
