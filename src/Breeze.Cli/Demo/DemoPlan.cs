using Breeze.Fleet.Behaviour;

namespace Breeze.Cli.Demo;

/// <summary>What the demo's simulated devices do, so that a rollout of four batches shows everything within its time.</summary>
/// <remarks>
/// A retry waits a whole minute (the shortest backoff there is) and a batch waits for its retries, so all that retries is in the second
/// batch; later failures are of kinds that are not retried by themselves. Batches follow the order of hostnames, and so of indexes.
/// </remarks>
public static class DemoPlan
{
    public const int Batches = 4;
    public const int FewestDevices = 20;
    public const int MostDevices = 5000;
    private const int Seed = 7;

    /// <param name="devices">How many are simulated.</param>
    public static FleetBehaviour Behaviour(int devices)
    {
        var unscripted = new FleetBehaviour
        {
            Seed = Seed,
            ShortestRun = TimeSpan.FromMilliseconds(500),
            LongestRun = TimeSpan.FromSeconds(6),
            OfflineShare = 0.02,
            FlapShare = 0.02,
            DuplicateShare = 0.05,
        };
        return unscripted with { Scripted = Scripted(devices, unscripted) };
    }

    private static Dictionary<int, IReadOnlyList<OutcomeKind>> Scripted(int devices, FleetBehaviour behaviour)
    {
        var outcomes = new Dictionary<int, IReadOnlyList<OutcomeKind>>();
        // A tenth of the second batch fails at first; every third of those fails for good.
        var first = (int)(devices * 0.30);
        var last = (int)(devices * 0.45);
        var step = Math.Max(2, (last - first) / Math.Max(3, devices / 40));
        for (var (device, n) = (first, 0); device < last; device += step, n++)
        {
            outcomes[Online(device)] = n % 3 == 1 ? [OutcomeKind.Failed] : [OutcomeKind.Failed, OutcomeKind.Completed];
        }

        outcomes[Online((int)(devices * 0.60))] = [OutcomeKind.Rejected];
        outcomes[Online((int)(devices * 0.85))] = [OutcomeKind.Interrupted];
        return outcomes;

        // An offline device is skipped, and shows nothing.
        int Online(int device) => Enumerable.Range(device, devices).First(candidate => !behaviour.IsOffline(candidate) && !outcomes.ContainsKey(candidate));
    }
}
