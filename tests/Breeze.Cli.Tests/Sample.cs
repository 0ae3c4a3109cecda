using System.Text.Json;
using Breeze.Contracts;
using Breeze.Contracts.Deployments;

namespace Breeze.Cli.Tests;

internal static class Sample
{
    public static readonly Guid DeploymentId = new("01920000-0000-7000-8000-000000000001");
    public static readonly DateTimeOffset At = new(2026, 3, 1, 9, 0, 0, TimeSpan.Zero);

    public static Progress Progress(int completed = 0, int failed = 0, int running = 0, int retrying = 0, int pending = 0, int skipped = 0) => new()
    {
        Total = completed + failed + running + pending + skipped,
        Pending = pending,
        Running = running,
        Completed = completed,
        Failed = failed,
        Skipped = skipped,
        Retrying = retrying,
        CurrentBatch = 2,
        TotalBatches = 4,
        PercentComplete = 58,
    };

    public static Deployment Deployment(string name = "Cleanup", DeploymentStatus status = DeploymentStatus.Running) => new()
    {
        Id = DeploymentId,
        OrgId = Guid.Empty,
        Name = name,
        Type = "script",
        Payload = JsonDocument.Parse("{}").RootElement,
        TargetType = "all",
        TargetConfig = new TargetConfig { Type = "all" },
        RolloutConfig = new RolloutConfig { Type = "immediate" },
        Status = status,
        CreatedBy = "admin",
        CreatedAt = At,
        Progress = Progress(completed: 7, pending: 3),
    };

    public static string Json<T>(T value) => JsonSerializer.Serialize(value, BreezeJson.Lenient);

    public static string Page(params Deployment[] deployments) =>
        Json(new OffsetList<Deployment>(deployments, deployments.Length, 100, 0, null));
}
