using System.Text.RegularExpressions;
using Breeze.Agent.Tools;
using Breeze.Contracts.Agents;

namespace Breeze.Agent.Patches.Dnf;

/// <summary>dnf and rpm.</summary>
public sealed partial class DnfPackages(ToolRunner tools) : IPackageManager
{
    private static readonly TimeSpan AskTime = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan ChangeTime = TimeSpan.FromHours(1);
    private static readonly Dictionary<string, string> Plain = new() { ["LC_ALL"] = "C", ["COLUMNS"] = "500" };

    public string Name => "rpm";

    public int Compare(string left, string right) => RpmVersion.Compare(left, right);

    public bool NeedsReboot(string package) => RebootPackage().IsMatch(package);

    public async Task<IReadOnlyList<InstalledPackage>> Installed(Guid commandId, CancellationToken cancelled) =>
        DnfOutput.Installed(await tools.Ask(Command("rpm", ["-qa", "--qf", DnfOutput.InstalledFormat]), commandId, cancelled));

    public async Task<PackageOffers> Offers(Guid commandId, CancellationToken cancelled)
    {
        var refreshed = await tools.Run(Command("dnf", ["-q", "--refresh", "makecache"]), commandId, cancelled);
        var installed = (await Installed(commandId, cancelled)).ToDictionary(package => package.Item);
        var upgrades = DnfOutput.Upgrades(await tools.Ask(Command("dnf", ["-q", "repoquery", "--upgrades", "--qf", DnfOutput.UpgradeFormat]), commandId, cancelled));
        // Repositories without advisories are usual, and a dnf that cannot list them says nothing about what it offers.
        var advisories = DnfOutput.Advisories((await tools.Run(Command("dnf", ["-q", "updateinfo", "list", "--updates"]), commandId, cancelled)).Output);
        return new PackageOffers(
            [
                .. upgrades
                    .Where(upgrade => installed.ContainsKey(upgrade.Version.Item))
                    .Select(upgrade => (upgrade.Version, Offer(upgrade, installed[upgrade.Version.Item].Version, advisories.GetValueOrDefault(Argument(upgrade.Version))))),
            ],
            refreshed.Succeeded ? null : $"The repositories could not be refreshed: {ToolRunner.LastLines(refreshed.Log)}");
    }

    public async Task<PackagePlan> Plan(IReadOnlyList<PackageVersion> versions, PackageMove move, Guid commandId)
    {
        // Told "no" it ends with 1 after it has shown what it would do; where it can do nothing it shows no table.
        var outcome = await tools.Run(Command("dnf", ["--assumeno", Verb(move), .. versions.Select(Argument)]), commandId, CancellationToken.None);
        return outcome.Output.Contains("Transaction Summary", StringComparison.Ordinal)
            ? new(null, DnfOutput.Changed(outcome.Output))
            : new(ToolRunner.LastLines(outcome.Log), []);
    }

    // dnf's repositories keep earlier versions, and its download command is a plug-in that few have.
    public Task Keep(IReadOnlyList<PackageVersion> versions, Guid commandId) => Task.CompletedTask;

    public Task<ToolOutcome> Download(IReadOnlyList<PackageVersion> versions, PackageMove move, Guid commandId) =>
        Change(["--downloadonly", Verb(move), .. versions.Select(Argument)], commandId);

    public Task<ToolOutcome> Apply(IReadOnlyList<PackageVersion> versions, PackageMove move, Guid commandId) =>
        Change([Verb(move), .. versions.Select(Argument)], commandId);

    private static string Verb(PackageMove move) => move == PackageMove.Upgrade ? "install" : "downgrade";

    private static string Argument(PackageVersion version) => $"{version.Name}-{version.Version}.{version.Architecture}";

    private ReportedPatch Offer(DnfUpgrade upgrade, string current, DnfAdvisory? advisory) => new(
        upgrade.Version.ExternalId(Name),
        VersionedInventory.TitleOf(upgrade.Version.Name, upgrade.Summary),
        upgrade.Version.Version,
        advisory?.Severity ?? "unknown",
        current,
        advisory?.Category ?? "updates",
        null,
        NeedsReboot(upgrade.Version.Name),
        upgrade.SizeBytes);

    private Task<ToolOutcome> Change(IReadOnlyList<string> arguments, Guid commandId) =>
        tools.Run(new ToolCommand("dnf", ["-y", .. arguments], ChangeTime) { Environment = Plain, IsTransaction = true }, commandId, CancellationToken.None);

    private static ToolCommand Command(string program, IReadOnlyList<string> arguments) => new(program, arguments, AskTime) { Environment = Plain };

    // The list that needs-restarting -r goes by.
    [GeneratedRegex(@"^(kernel(-core|-rt)?|glibc|linux-firmware|systemd|dbus(-broker|-daemon)?|gnutls|openssl-libs|microcode_ctl)$")]
    private static partial Regex RebootPackage();
}
