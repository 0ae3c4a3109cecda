using Breeze.Client;
using Breeze.Contracts.Deployments;

namespace Breeze.Cli.Demo;

/// <summary>What came of the rollout; with <c>--json</c> it is what the demo prints.</summary>
/// <param name="WatchedSeconds">From the start of the rollout to its end.</param>
/// <param name="CompletedAfterRetry">Of the completed devices, those that failed at first.</param>
/// <param name="RealAgent">The record of the real agent on this machine, with its attempts and output.</param>
public sealed record DemoResult(
    Uri Server,
    Deployment Deployment,
    double WatchedSeconds,
    int CompletedAfterRetry,
    IReadOnlyDictionary<string, int> SkippedBy,
    IReadOnlyList<FailureGroup> Failures,
    DeviceRecord RealAgent)
{
    public static async Task<DemoResult> Of(BreezeClient client, Deployment ended, Guid realAgent, TimeSpan watched, CancellationToken cancel)
    {
        var afterRetry = 0;
        await foreach (var record in client.Deployments.Devices(ended.Id, status: "completed", cancel: cancel))
        {
            afterRetry += record.RetryCount > 0 ? 1 : 0;
        }

        var skipped = new Dictionary<string, int>();
        await foreach (var record in client.Deployments.Devices(ended.Id, status: "skipped", cancel: cancel))
        {
            var reason = record.SkipReason is { } why ? Contracts.EnumName.Of(why) : "unknown";
            skipped[reason] = skipped.GetValueOrDefault(reason) + 1;
        }

        return new DemoResult(
            client.Server,
            ended,
            Math.Round(watched.TotalSeconds, 1),
            afterRetry,
            skipped,
            await client.Deployments.Failures(ended.Id, cancel: cancel),
            await client.Deployments.Device(ended.Id, realAgent, cancel: cancel));
    }
}
