using System.CommandLine;
using System.CommandLine.Parsing;
using Breeze.Agent.Enrollment;
using Breeze.Contracts.Agents;
using Breeze.Fleet.Behaviour;

namespace Breeze.Fleet;

/// <summary>The command line of the simulated fleet.</summary>
public static class FleetCommand
{
    private static readonly Option<string> Server = new("--server") { Required = true, Description = "The server's address." };
    private static readonly Option<string?> Key = new("--key") { Description = "Enrolment key, for devices without a kept credential." };
    private static readonly Option<int> Devices = new("--devices") { DefaultValueFactory = _ => 100, Description = "How many devices (100)." };
    private static readonly Option<int> Seed = new("--seed") { DefaultValueFactory = _ => 1, Description = "Makes every behaviour reproducible (1)." };
    private static readonly Option<string> Prefix = new("--prefix") { DefaultValueFactory = _ => "sim", Description = "Hostnames are PREFIX-00000 and so on (sim)." };
    private static readonly Option<string[]> Tags = new("--tag") { Description = "A tag for every device; may be given several times." };
    private static readonly Option<double> Success = Share("--success-rate", 1, "Share of attempts that complete");
    private static readonly Option<double> Reject = Share("--reject", 0, "Share of attempts that are rejected");
    private static readonly Option<double> Interrupt = Share("--interrupt", 0, "Share of attempts that end as interrupted");
    private static readonly Option<double> Silent = Share("--silent", 0, "Share of attempts that never report a result");
    private static readonly Option<double> Offline = Share("--offline", 0, "Share of devices that never connect");
    private static readonly Option<double> Flap = Share("--flap", 0, "Share of devices whose connections end by themselves");
    private static readonly Option<double> Duplicate = Share("--duplicate", 0, "Share of results that are reported again");
    private static readonly Option<double> Late = Share("--late", 0, "Share of results that are held back");
    private static readonly Option<double> Lie = Share("--lie", 0, "Share of attempts about which the device lies first");
    private static readonly Option<string> Duration = Text("--duration", "100ms..1s", "Run time, one or a range");
    private static readonly Option<string> FlapEvery = Text("--flap-every", "20s", "Mean life of a flapping device's connection");
    private static readonly Option<string> FlapFor = Text("--flap-for", "2s", "How long a flapping device stays away");
    private static readonly Option<string> LateBy = Text("--late-by", "3m", "How long a late result is held back");
    private static readonly Option<string[]> Outcomes = new("--outcome")
    {
        Description = "INDEX=completed,failed,... : a device's outcomes by attempt (completed, failed, rejected, interrupted, silent); several times.",
    };
    private static readonly Option<int> Patches = new("--patches") { DefaultValueFactory = _ => 20, Description = "Patches a device has (20)." };
    private static readonly Option<int> Catalogue = new("--patch-catalogue") { DefaultValueFactory = _ => 200, Description = "Patches that there are for each source (200)." };
    private static readonly Option<double> Offered = Share("--patch-offered", 0.25, "Share of a device's patches that it is offered at first");
    private static readonly Option<double> PatchFail = Share("--patch-fail", 0, "Share of tries at a patch that fail");
    private static readonly Option<double> PatchSkip = Share("--patch-skip", 0, "Share of tries at a patch that the device skips");
    private static readonly Option<double> PatchReboot = Share("--patch-reboot", 0.1, "Share of patches that want a restart");
    private static readonly Option<double> Incomplete = Share("--scan-incomplete", 0, "Share of scans that cannot look at everything");
    private static readonly Option<string[]> PatchOutcomes = new("--patch-outcome") { Description = "EXTERNALID=installed|failed|skipped : how every try at a patch ends; several times." };
    private static readonly Option<string?> Journal = new("--journal") { Description = "File of everything the devices ran; read again at the next start." };
    private static readonly Option<string?> Credentials = new("--credentials") { Description = "File of the devices' credentials; made and reused." };
    private static readonly Option<int> AtOnce = new("--connect-at-once") { DefaultValueFactory = _ => 64, Description = "Connections that open at once; as many as there are devices make a storm (64)." };
    private static readonly Option<bool> NoVerify = new("--no-verify") { Description = "Do not verify signatures (for load on shared cores)." };
    private static readonly Option<bool> Quiet = new("--quiet") { Description = "No line of statistics every second." };

    /// <summary>Runs until interrupted. 0: stopped; 1: bad arguments or no enrolment; 2: a command ran twice.</summary>
    public static async Task<int> Invoke(string[] args)
    {
        var root = new RootCommand("Simulated Breeze devices.")
        {
            Server, Key, Devices, Seed, Prefix, Tags, Success, Reject, Interrupt, Silent, Offline, Flap, Duplicate, Late, Lie,
            Duration, FlapEvery, FlapFor, LateBy, Outcomes, Patches, Catalogue, Offered, PatchFail, PatchSkip, PatchReboot, Incomplete, PatchOutcomes, Journal, Credentials, AtOnce, NoVerify, Quiet,
        };
        root.SetAction((parsed, cancelled) => Run(Read(parsed), parsed.GetValue(Quiet), cancelled));
        try
        {
            return await root.Parse(args).InvokeAsync(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = TimeSpan.FromSeconds(30),
            });
        }
        catch (Exception e) when (e is EnrollmentException or ArgumentException or IOException)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 1;
        }
    }

    private static async Task<int> Run(FleetOptions options, bool quiet, CancellationToken cancelled)
    {
        SimulatedFleet fleet;
        try
        {
            fleet = await SimulatedFleet.Start(options, cancelled: cancelled);
        }
        catch (OperationCanceledException)
        {
            return 0;
        }

        await using (fleet)
        {
            using var second = new PeriodicTimer(TimeSpan.FromSeconds(1));
            try
            {
                while (await second.WaitForNextTickAsync(cancelled))
                {
                    if (!quiet)
                    {
                        Console.WriteLine(fleet.Statistics);
                    }
                }
            }
            catch (OperationCanceledException)
            {
                // Asked to stop.
            }

            Console.WriteLine(fleet.Statistics);
            var twice = fleet.Journal.RanTwice;
            Console.WriteLine($"{fleet.Journal.Count} commands ran, {twice.Count} of them more than once{(twice.Count > 0 ? ": " + string.Join(' ', twice) : "")}");
            return twice.Count == 0 ? 0 : 2;
        }
    }

    private static FleetOptions Read(ParseResult parsed)
    {
        var duration = DurationText.ParseRange(parsed.GetValue(Duration)!) ?? throw new ArgumentException("--duration is not a duration or a range like 100ms..2s.");
        return new FleetOptions
        {
            Server = Uri.TryCreate(parsed.GetValue(Server), UriKind.Absolute, out var server) && server.Scheme is "http" or "https"
                ? server
                : throw new ArgumentException("--server must be an http or https address."),
            Devices = parsed.GetValue(Devices) is > 0 and var devices ? devices : throw new ArgumentException("--devices must be above 0."),
            EnrollmentKey = parsed.GetValue(Key),
            CredentialsFile = parsed.GetValue(Credentials),
            ConnectAtOnce = parsed.GetValue(AtOnce) is > 0 and var atOnce ? atOnce : throw new ArgumentException("--connect-at-once must be above 0."),
            JournalFile = parsed.GetValue(Journal),
            HostnamePrefix = parsed.GetValue(Prefix)!,
            Tags = parsed.GetValue(Tags) ?? [],
            VerifySignatures = !parsed.GetValue(NoVerify),
            Behaviour = new FleetBehaviour
            {
                Seed = parsed.GetValue(Seed),
                SuccessRate = parsed.GetValue(Success),
                RejectShare = parsed.GetValue(Reject),
                InterruptShare = parsed.GetValue(Interrupt),
                SilentShare = parsed.GetValue(Silent),
                OfflineShare = parsed.GetValue(Offline),
                FlapShare = parsed.GetValue(Flap),
                DuplicateShare = parsed.GetValue(Duplicate),
                LateShare = parsed.GetValue(Late),
                LieShare = parsed.GetValue(Lie),
                ShortestRun = duration.Shortest,
                LongestRun = duration.Longest,
                FlapEvery = Time(parsed, FlapEvery),
                FlapFor = Time(parsed, FlapFor),
                LateBy = Time(parsed, LateBy),
                Scripted = (parsed.GetValue(Outcomes) ?? []).Select(ScriptedOutcome).ToDictionary(),
                Patches = ReadPatches(parsed),
            },
        };
    }

    private static PatchBehaviour ReadPatches(ParseResult parsed) => new()
    {
        PerDevice = parsed.GetValue(Patches) is >= 0 and <= PatchReportLimits.Rows and var patches ? patches : throw new ArgumentException($"--patches must be from 0 to {PatchReportLimits.Rows}."),
        Catalogue = parsed.GetValue(Catalogue) is > 0 and <= 10_000_000 and var catalogue ? catalogue : throw new ArgumentException("--patch-catalogue must be from 1 to 10000000."),
        OfferedShare = parsed.GetValue(Offered),
        FailShare = parsed.GetValue(PatchFail),
        SkipShare = parsed.GetValue(PatchSkip),
        RebootShare = parsed.GetValue(PatchReboot),
        IncompleteShare = parsed.GetValue(Incomplete),
        Scripted = (parsed.GetValue(PatchOutcomes) ?? []).Select(ScriptedPatch).ToDictionary(),
    };

    // An external id may hold an equals sign itself: the last one counts.
    private static (string ExternalId, PatchResultStatus Status) ScriptedPatch(string text)
    {
        var at = text.LastIndexOf('=');
        return at > 0 && Enum.TryParse<PatchResultStatus>(text[(at + 1)..], ignoreCase: true, out var status)
            ? (text[..at], status)
            : throw new ArgumentException($"--patch-outcome {text} is not EXTERNALID=installed, =failed or =skipped.");
    }

    private static (int Device, IReadOnlyList<OutcomeKind> Outcomes) ScriptedOutcome(string text)
    {
        var parts = text.Split('=');
        var names = parts.Length == 2 ? parts[1].Split(',') : [];
        return parts.Length == 2 && int.TryParse(parts[0], out var device) && names.All(name => Enum.TryParse<OutcomeKind>(name, true, out _))
            ? (device, [.. names.Select(name => Enum.Parse<OutcomeKind>(name, ignoreCase: true))])
            : throw new ArgumentException($"--outcome {text} is not INDEX=OUTCOME,OUTCOME...");
    }

    private static TimeSpan Time(ParseResult parsed, Option<string> option) =>
        DurationText.Parse(parsed.GetValue(option)!) ?? throw new ArgumentException($"{option.Name} is not a duration like 250ms, 2s or 5m.");

    private static Option<string> Text(string name, string usual, string description) =>
        new(name) { DefaultValueFactory = _ => usual, Description = $"{description} ({usual})." };

    private static Option<double> Share(string name, double usual, string description)
    {
        var option = new Option<double>(name) { DefaultValueFactory = _ => usual, Description = $"{description}, 0 to 1 ({usual})." };
        option.Validators.Add(result => Check(result, name));
        return option;
    }

    private static void Check(OptionResult result, string name)
    {
        if (result.GetValueOrDefault<double>() is not (>= 0 and <= 1))
        {
            result.AddError($"{name} must be from 0 to 1.");
        }
    }
}
