using Breeze.Agent.Tools;
using Breeze.Contracts.Agents;

namespace Breeze.Agent.Patches.Apt;

/// <summary>apt and dpkg: without questions, keeping the administrator's configuration files, removing nothing.</summary>
/// <param name="tools">Runs them.</param>
/// <param name="distribution">The distribution's name, as its archives call themselves; <c>ID</c> of os-release.</param>
/// <param name="kept">Where replaced packages are kept for a rollback.</param>
/// <param name="rebootMark">The file in which packages ask for a restart, followed by <c>.pkgs</c>, their names.</param>
public sealed class AptPackages(ToolRunner tools, string distribution, KeptPackages kept, string rebootMark = "/run/reboot-required") : IPackageManager
{
    private static readonly TimeSpan AskTime = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan ChangeTime = TimeSpan.FromHours(1);

    private static readonly Dictionary<string, string> Quiet = new()
    {
        ["LC_ALL"] = "C",
        ["DEBIAN_FRONTEND"] = "noninteractive",
        ["APT_LISTCHANGES_FRONTEND"] = "none",
        // Restarting services, or asking about it, is not part of a patch.
        ["NEEDRESTART_MODE"] = "l",
    };

    // Somebody else at work with dpkg is waited for.
    private static readonly string[] Careful =
    [
        "-y", "-q", "--no-remove", "--allow-downgrades", "-o", "DPkg::Lock::Timeout=300", "-o", "Dpkg::Use-Pty=false",
        "-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold",
    ];

    private static readonly string[] Pretend = ["--simulate", "-o", "Debug::NoLocking=true", "--no-remove", "--allow-downgrades"];

    public string Name => "apt";

    public int Compare(string left, string right) => DebianVersion.Compare(left, right);

    public bool NeedsReboot(string package)
    {
        try
        {
            return AptOutput.NeedsReboot(package) || (File.Exists(rebootMark + ".pkgs") && File.ReadLines(rebootMark + ".pkgs").Contains(package));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    public async Task<IReadOnlyList<InstalledPackage>> Installed(Guid commandId, CancellationToken cancelled) =>
        AptOutput.Installed(await tools.Ask(Command("dpkg-query", ["--show", "--showformat", AptOutput.InstalledFormat], AskTime), commandId, cancelled));

    public async Task<PackageOffers> Offers(Guid commandId, CancellationToken cancelled)
    {
        // Without the mode an unreachable repository is a warning, and its list an old one.
        var refreshed = await tools.Run(
            Command("apt-get", ["-q", "-o", "APT::Update::Error-Mode=any", "-o", "DPkg::Lock::Timeout=300", "update"], AskTime * 2), commandId, cancelled);
        var steps = AptOutput.Steps(await tools.Ask(Command("apt-get", [.. Pretend, "dist-upgrade"], AskTime), commandId, cancelled))
            .Where(step => step.Current is not null)
            .Select(step => (Step: step, Version: new PackageVersion(step.Name, step.Architecture, step.Version)))
            .ToList();
        var details = await Details([.. steps.Select(step => step.Version)], commandId, cancelled);
        return new PackageOffers(
            [.. steps.Select(step => (step.Version, Offer(step.Step, step.Version, details.GetValueOrDefault(step.Version))))],
            refreshed.Succeeded ? null : $"The package lists could not be refreshed: {ToolRunner.LastLines(refreshed.Log)}");
    }

    public async Task<PackagePlan> Plan(IReadOnlyList<PackageVersion> versions, PackageMove move, Guid commandId)
    {
        var outcome = await tools.Run(Command("apt-get", [.. Pretend, "install", .. Arguments(versions, move)], AskTime), commandId, CancellationToken.None);
        return outcome.Succeeded
            ? new(null, [.. AptOutput.Steps(outcome.Output).Where(step => step.Current is not null).Select(step => new PackageVersion(step.Name, step.Architecture, step.Version))])
            : new(ToolRunner.LastLines(outcome.Log), []);
    }

    public async Task Keep(IReadOnlyList<PackageVersion> versions, Guid commandId)
    {
        try
        {
            var known = (await Details(versions, commandId, CancellationToken.None)).Keys;
            var wanted = versions.Where(version => known.Contains(version) && kept.Find(version) is null).ToList();
            if (wanted.Count > 0)
            {
                await tools.Run(
                    Command("apt-get", ["-q", "download", .. wanted.Select(Argument)], ChangeTime) with { Folder = kept.Folder() }, commandId, CancellationToken.None);
                kept.Trim();
            }
        }
        catch (Exception e) when (e is ToolException or IOException or UnauthorizedAccessException)
        {
            // The way back is then only what the repositories still have.
        }
    }

    public Task<ToolOutcome> Download(IReadOnlyList<PackageVersion> versions, PackageMove move, Guid commandId) =>
        Change(["--download-only", "install", .. Arguments(versions, move)], commandId);

    public Task<ToolOutcome> Apply(IReadOnlyList<PackageVersion> versions, PackageMove move, Guid commandId) =>
        Change(["install", .. Arguments(versions, move)], commandId);

    private IEnumerable<string> Arguments(IReadOnlyList<PackageVersion> versions, PackageMove move) =>
        versions.Select(version => (move == PackageMove.Downgrade ? kept.Find(version) : null) ?? Argument(version));

    private static string Argument(PackageVersion version) =>
        version.Architecture == "all" ? $"{version.Name}={version.Version}" : $"{version.Name}:{version.Architecture}={version.Version}";

    private async Task<Dictionary<PackageVersion, AptDetails>> Details(IReadOnlyList<PackageVersion> versions, Guid commandId, CancellationToken cancelled)
    {
        var details = new Dictionary<PackageVersion, AptDetails>();
        foreach (var chunk in versions.Chunk(200))
        {
            // A version that left the lists meanwhile makes the exit code 100 and takes nothing from the others.
            var outcome = await tools.Run(Command("apt-cache", ["show", .. chunk.Select(Argument)], AskTime), commandId, cancelled);
            foreach (var (version, found) in AptOutput.Details(outcome.Output))
            {
                details.TryAdd(version, found);
            }
        }

        return details;
    }

    private ReportedPatch Offer(AptStep step, PackageVersion version, AptDetails? details)
    {
        var (severity, category) = AptOutput.Judge(step.Origins, distribution);
        return new ReportedPatch(
            version.ExternalId(Name),
            VersionedInventory.TitleOf(step.Name, details?.Summary ?? ""),
            step.Version,
            severity,
            step.Current,
            category,
            details?.Description is { Length: > 0 } description ? VersionedInventory.Cut(description, PatchReportLimits.Description) : null,
            AptOutput.NeedsReboot(step.Name),
            details?.SizeBytes);
    }

    private async Task<ToolOutcome> Change(IReadOnlyList<string> arguments, Guid commandId)
    {
        var change = Command("apt-get", [.. Careful, .. arguments], ChangeTime) with { IsTransaction = true };
        var outcome = await tools.Run(change, commandId, CancellationToken.None);
        if (outcome.Succeeded || !outcome.Log.Contains("dpkg was interrupted", StringComparison.Ordinal))
        {
            return outcome;
        }

        // The machine went down in the middle of somebody's install: until that is finished apt refuses everything.
        var repair = Command("dpkg", ["--force-confdef", "--force-confold", "--configure", "-a"], ChangeTime) with { IsTransaction = true };
        await tools.Run(repair, commandId, CancellationToken.None);
        return await tools.Run(change, commandId, CancellationToken.None);
    }

    private static ToolCommand Command(string program, IReadOnlyList<string> arguments, TimeSpan timeout) =>
        new(program, arguments, timeout) { Environment = Quiet };
}
