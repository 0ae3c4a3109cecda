using Breeze.Contracts.Deployments;

namespace Breeze.Silo.Deployments;

/// <summary>What initialize answers: the deployment, and what its targets came to.</summary>
internal static class InitializedAnswer
{
    private const int MostBatches = 10_000;

    public static InitializedDeployment Of(Deployment deployment, DeploymentRow row, InitializeSummary summary) => new()
    {
        Id = deployment.Id,
        OrgId = deployment.OrgId,
        Name = deployment.Name,
        Type = deployment.Type,
        Payload = deployment.Payload,
        TargetType = deployment.TargetType,
        TargetConfig = deployment.TargetConfig,
        RolloutConfig = deployment.RolloutConfig,
        Status = deployment.Status,
        PausedReason = deployment.PausedReason,
        CreatedBy = deployment.CreatedBy,
        CreatedAt = deployment.CreatedAt,
        StartedAt = deployment.StartedAt,
        CompletedAt = deployment.CompletedAt,
        Progress = deployment.Progress,
        DeviceCount = row.Total,
        TotalBatches = row.TotalBatches,
        Batches = [.. Enumerable.Range(1, Math.Min(row.TotalBatches, MostBatches)).Select(batch => new BatchPreview(batch, row.Batches.Batch(batch).Count))],
        Excluded = [.. summary.Excluded.Select(e => new Contracts.Deployments.ExcludedDevice(e.DeviceId, e.Reason))],
        ExcludedCount = summary.ExcludedCount,
        OfflineCount = summary.OfflineCount,
        OutsideWindowCount = summary.OutsideWindowCount,
    };
}
