using Breeze.Agent.Commands;
using Breeze.Agent.Inventory;
using Breeze.Contracts.Agents;
using Breeze.Fleet.Behaviour;
using Breeze.Fleet.Journal;

namespace Breeze.Fleet;

/// <summary>What all devices of a fleet share.</summary>
/// <param name="Behaviour">How they behave.</param>
/// <param name="Journal">What they ran.</param>
/// <param name="Counters">How they are doing.</param>
/// <param name="Keys">The pinned keys; null when signatures are not looked at.</param>
/// <param name="Time">Their clock.</param>
/// <param name="Stopped">Ends everything that waits.</param>
internal sealed record FleetContext(
    FleetBehaviour Behaviour, ExecutionJournal Journal, FleetCounters Counters, CommandKeyRing? Keys, TimeProvider Time, CancellationToken Stopped)
{
    /// <summary>Waits, or returns at once when cancelled.</summary>
    public async Task Wait(TimeSpan duration, CancellationToken cancelled)
    {
        if (duration > TimeSpan.Zero)
        {
            await Task.Delay(duration, Time, cancelled).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }
}

/// <summary>What simulated devices say about themselves.</summary>
internal static class FleetFacts
{
    public static Hello Hello { get; } = new(DeviceFacts.AgentVersion, "Simulated 1.0", ["script:bash", "script:sh", "script:python", "script:powershell"]);

    /// <summary>The patch sources of a device, by its platform.</summary>
    public static IReadOnlyList<string> SourcesOf(int seed, int index) => PlatformOf(seed, index) switch
    {
        OsType.Windows => [PatchSources.Microsoft, PatchSources.ThirdParty],
        OsType.Macos => [PatchSources.Apple],
        _ => [PatchSources.Linux],
    };

    /// <summary>Seven of ten devices are Windows machines, two run Linux, one macOS.</summary>
    public static EnrollRequest Request(FleetOptions options, int index) => new(
        options.EnrollmentKey ?? "",
        Hostname(options, index),
        PlatformOf(options.Behaviour.Seed, index),
        Hello.OsVersion,
        "x64",
        Hello.AgentVersion,
        options.Tags);

    public static OsType PlatformOf(int seed, int index) => Chance.Of(seed, index, 0, Question.Platform) switch
    {
        < 0.7 => OsType.Windows,
        < 0.9 => OsType.Linux,
        _ => OsType.Macos,
    };

    public static string Hostname(FleetOptions options, int index) => $"{options.HostnamePrefix}-{index:D5}";
}
