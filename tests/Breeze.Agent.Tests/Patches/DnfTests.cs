using Breeze.Agent.Patches;
using Breeze.Agent.Patches.Dnf;
using Breeze.Agent.Tests.Tools;
using Breeze.Agent.Tools;
using Breeze.Contracts.Agents;
using static Breeze.Agent.Tests.Patches.PatchTesting;

namespace Breeze.Agent.Tests.Patches;

/// <summary>dnf 4 and 5 by recorded output: this machine has none.</summary>
public sealed class DnfTests : IDisposable
{
    private const string Dnf4Advisories = """
        RHSA-2024:0310 Moderate/Sec.  openssl-libs-1:3.0.7-25.el9_3.x86_64
        RHSA-2023:7749 Important/Sec. kernel-core-5.14.0-362.13.1.el9_3.x86_64
        RHBA-2023:6686 bugfix         kernel-core-5.14.0-362.13.1.el9_3.x86_64
        RHEA-2023:9999 enhancement    bash-5.1.8-6.el9_1.x86_64
        """;

    private const string Dnf4Upgrade = """
        Last metadata expiration check: 0:10:15 ago on Mon 05 Feb 2024 10:00:00 AM UTC.
        Dependencies resolved.
        ================================================================================
         Package           Architecture  Version                    Repository     Size
        ================================================================================
        Upgrading:
         openssl-libs      x86_64        1:3.0.7-25.el9_3           baseos        2.1 M

        Transaction Summary
        ================================================================================
        Upgrade  1 Package

        Total download size: 2.1 M
        Operation aborted.
        """;

    private readonly RecordedTools _tools = new();
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        _tools.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_scan_joins_upgrades_sizes_and_advisories()
    {
        Machine();
        var inventory = await Source().Scan(Guid.NewGuid(), CancellationToken.None);
        Assert.True(inventory.IsComplete);
        var openssl = Assert.Single(inventory.Available, patch => patch.ExternalId == "rpm:openssl-libs:x86_64=1:3.0.7-25.el9_3");
        Assert.Equal(("moderate", "security", "1:3.0.7-24.el9", 2232320L, true), (openssl.Severity, openssl.Category, openssl.CurrentVersion, openssl.SizeBytes, openssl.RequiresReboot));
        var kernel = Assert.Single(inventory.Available, patch => patch.Title.StartsWith("kernel-core", StringComparison.Ordinal));
        // Of a fix and a security advisory the more severe counts.
        Assert.Equal(("important", "security", true), (kernel.Severity, kernel.Category, kernel.RequiresReboot));
        var bash = Assert.Single(inventory.Available, patch => patch.Title.StartsWith("bash", StringComparison.Ordinal));
        Assert.Equal(("low", "enhancement"), (bash.Severity, bash.Category));
        // Two kernels stand side by side, the key is no package, "tree|view" has a bar in its summary.
        Assert.Equal(
            ["rpm:bash:x86_64=5.1.8-5.el9", "rpm:kernel-core:x86_64=5.14.0-362.8.1.el9_3", "rpm:openssl-libs:x86_64=1:3.0.7-24.el9", "rpm:tree:x86_64=1.8.0-10.el9"],
            inventory.Installed.Select(patch => patch.ExternalId).Order());
        Assert.Equal("tree: File system tree|viewer", inventory.Installed.Single(patch => patch.ExternalId.StartsWith("rpm:tree", StringComparison.Ordinal)).Title);
    }

    [Fact]
    public async Task Repositories_that_cannot_be_refreshed_make_the_scan_incomplete()
    {
        Machine(refresh: "echo \"Error: Failed to download metadata for repo 'baseos'\" >&2; exit 1");
        var inventory = await Source().Scan(Guid.NewGuid(), CancellationToken.None);
        Assert.False(inventory.IsComplete);
        Assert.Contains("Failed to download metadata", inventory.Warning, StringComparison.Ordinal);
        Assert.NotEmpty(inventory.Installed);
    }

    [Fact]
    public async Task Without_rpm_there_is_no_empty_report_but_an_error()
    {
        Machine();
        _tools.Add("rpm", "echo 'error: rpmdb: BDB0113 Thread/process failed' >&2; exit 1");
        var failed = await Assert.ThrowsAsync<ToolException>(() => Source().Scan(Guid.NewGuid(), CancellationToken.None));
        Assert.Contains("BDB0113", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_upgrade_is_of_exactly_that_version_and_a_rollback_goes_back()
    {
        Machine();
        var source = Source();
        var patch = Reference(PatchSources.Linux, "rpm:openssl-libs:x86_64=1:3.0.7-25.el9_3");
        Assert.Equal(PatchResultStatus.Installed, Assert.Single(await source.Install([patch], Run())).Status);
        Assert.Contains("dnf -y install openssl-libs-1:3.0.7-25.el9_3.x86_64", _tools.Calls);
        Assert.Contains("dnf -y --downloadonly install openssl-libs-1:3.0.7-25.el9_3.x86_64", _tools.Calls);

        _tools.Text("transaction", Dnf4Upgrade.Replace("Upgrading:", "Downgrading:", StringComparison.Ordinal).Replace("-25.el9_3", "-24.el9", StringComparison.Ordinal));
        Assert.Equal(PatchResultStatus.RolledBack, Assert.Single(await Source().RollBack([patch], Run())).Status);
        Assert.Contains("dnf -y downgrade openssl-libs-1:3.0.7-24.el9.x86_64", _tools.Calls);
    }

    [Fact]
    public async Task A_transaction_that_changes_more_than_was_named_is_not_begun()
    {
        Machine();
        _tools.Text("transaction", Dnf4Upgrade.Replace("Upgrading:", "Upgrading:\n openssl x86_64 1:3.0.7-25.el9_3 baseos 1.2 M", StringComparison.Ordinal));
        var result = Assert.Single(await Source().Install([Reference(PatchSources.Linux, "rpm:openssl-libs:x86_64=1:3.0.7-25.el9_3")], Run()));
        Assert.Equal(PatchResultStatus.Skipped, result.Status);
        Assert.Contains("openssl 1:3.0.7-25.el9_3", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(_tools.Calls, call => call.StartsWith("dnf -y", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_failed_transaction_gives_dnfs_own_words()
    {
        Machine();
        _tools.Text("transaction", "");
        _tools.Text("refusal", "No match for argument: bash-5.1.8-6.el9_1.x86_64\nError: Unable to find a match: bash-5.1.8-6.el9_1.x86_64\n");
        var result = Assert.Single(await Source().Install([Reference(PatchSources.Linux, "rpm:bash:x86_64=5.1.8-6.el9_1")], Run()));
        Assert.Equal(PatchResultStatus.Failed, result.Status);
        Assert.Contains("Unable to find a match", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Dnf_5_lists_advisories_in_columns()
    {
        var advisories = DnfOutput.Advisories("""
            Name                   Type        Severity                             Package              Issued
            FEDORA-2024-0a1b2c3d4e security    Critical  openssl-libs-1:3.2.1-2.fc40.x86_64 2024-03-05 01:10:18
            FEDORA-2024-5f6a7b8c9d bugfix      None                 vim-2:9.1.113-1.fc40.x86_64 2024-03-06 02:11:00
            FEDORA-2024-1111111111 security    None                 curl-8.6.0-7.fc40.x86_64 2024-03-06 02:11:00
            """);
        Assert.Equal(new DnfAdvisory("critical", "security"), advisories["openssl-libs-1:3.2.1-2.fc40.x86_64"]);
        Assert.Equal(new DnfAdvisory("moderate", "bugfix"), advisories["vim-2:9.1.113-1.fc40.x86_64"]);
        Assert.Equal(new DnfAdvisory("important", "security"), advisories["curl-8.6.0-7.fc40.x86_64"]);
        Assert.Equal(3, advisories.Count);
    }

    [Fact]
    public void The_tables_of_both_dnfs_tell_what_would_change()
    {
        Assert.Equal([new PackageVersion("openssl-libs", "x86_64", "1:3.0.7-25.el9_3")], DnfOutput.Changed(Dnf4Upgrade));
        Assert.Equal(
            [new PackageVersion("openssl-libs", "x86_64", "1:3.2.1-2.fc40")],
            DnfOutput.Changed("""
                Package        Arch   Version          Repository      Size
                Upgrading:
                 openssl-libs  x86_64 1:3.2.1-2.fc40   updates      5.2 MiB
                   replacing openssl-libs x86_64 1:3.2.0-1.fc40 fedora 5.2 MiB
                Installing dependencies:
                 helper        x86_64 1.0-1.fc40       updates      1.0 MiB

                Transaction Summary:
                 Upgrading:         1 package
                 Replacing:         1 package
                """));
        // A long name breaks its line; an old kernel makes room for the new one, and nothing else is taken away for it.
        Assert.Equal(
            [new PackageVersion("a-package-with-a-very-long-name-indeed", "noarch", "2.0-1")],
            DnfOutput.Changed("""
                Installing:
                 kernel-core  x86_64  5.14.0-362.13.1.el9_3  baseos   19 M
                Upgrading:
                 a-package-with-a-very-long-name-indeed
                              noarch  2.0-1                  baseos   10 k
                Removing:
                 kernel-core  x86_64  5.14.0-284.11.1.el9_2  @baseos  58 M

                Transaction Summary
                ====================
                """));
    }

    private PackageSource Source() => new(new DnfPackages(_tools.Runner()), new PatchMemory(_folder.File("patches.json")));

    // dnf and rpm of one machine: an install or a downgrade rewrites the list that rpm prints.
    private void Machine(string refresh = "exit 0")
    {
        _tools.Text("installed", """
            bash|x86_64|5.1.8-5.el9|The GNU Bourne Again shell
            gpg-pubkey|(none)|fd431d51-4ae0493b|Red Hat public key
            kernel-core|x86_64|5.14.0-284.11.1.el9_2|The Linux kernel
            kernel-core|x86_64|5.14.0-362.8.1.el9_3|The Linux kernel
            openssl-libs|x86_64|1:3.0.7-24.el9|A general purpose cryptography library
            tree|x86_64|1.8.0-10.el9|File system tree|viewer

            """);
        _tools.Text("upgrades", """
            bash|x86_64|5.1.8-6.el9_1|baseos|1752264|The GNU Bourne Again shell

            kernel-core|x86_64|5.14.0-362.13.1.el9_3|baseos|19922944|The Linux kernel
            openssl-libs|x86_64|1:3.0.7-25.el9_3|baseos|2232320|A general purpose cryptography library

            """);
        _tools.Text("advisories", Dnf4Advisories);
        _tools.Text("transaction", Dnf4Upgrade);
        _tools.Text("refusal", "");
        _tools.Add("rpm", "cat \"$RECORDED/installed\"");
        _tools.Add("dnf", $$"""
            case "$*" in
              *makecache*) {{refresh}} ;;
              *repoquery*) cat "$RECORDED/upgrades" ;;
              *updateinfo*) cat "$RECORDED/advisories" ;;
              *--assumeno*) cat "$RECORDED/transaction"; cat "$RECORDED/refusal" >&2; exit 1 ;;
              *--downloadonly*) echo "Complete!" ;;
              "-y install openssl-libs"*) sed -i 's/3.0.7-24.el9/3.0.7-25.el9_3/' "$RECORDED/installed"; echo "Complete!" ;;
              "-y downgrade openssl-libs"*) sed -i 's/3.0.7-25.el9_3/3.0.7-24.el9/' "$RECORDED/installed"; echo "Complete!" ;;
              *) exit 1 ;;
            esac
            """);
    }
}
