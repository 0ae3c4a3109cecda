using Breeze.Agent.Patches.Apple;
using Breeze.Agent.Tests.Tools;
using Breeze.Agent.Tools;
using Breeze.Contracts.Agents;
using static Breeze.Agent.Tests.Patches.PatchTesting;

namespace Breeze.Agent.Tests.Patches;

/// <summary>macOS' softwareupdate by recorded output: this machine is no Mac.</summary>
public sealed class SoftwareUpdateTests : IDisposable
{
    private const string Listed = """
        Finding available software
        Software Update found the following new or updated software:
        * Label: macOS Sonoma 14.3.1-23D60
        	Title: macOS Sonoma 14.3.1, Version: 14.3.1, Size: 1537244KiB, Recommended: YES, Action: restart, 
        * Label: Safari17.3VenturaAuto-17.3
        	Title: Safari, Version: 17.3, Size: 158604KiB, Recommended: NO, 
        * Label: --all
        	Title: Everything, Version: 1, Size: 1K, Recommended: YES, 
        * Label: Command Line Tools for Xcode-15.1
        	Title: Command Line Tools for Xcode, and more, Version: 15.1, Size: 726567K, Recommended: YES, 
        """;

    private const string History = """
        {"SPInstallHistoryDataType":[
          {"_name":"Safari","install_date":"2024-01-09T10:00:00Z","install_version":"17.2.1","package_source":"package_source_apple"},
          {"_name":"macOS 14.2.1","install_date":"2023-12-20T09:00:00Z","install_version":"14.2.1","package_source":"package_source_apple"},
          {"_name":"Zoom","install_date":"2023-12-20T09:00:00Z","install_version":"5.0","package_source":"package_source_other"},
          {"_name":"XProtectPlistConfigData","install_date":"2023-12-20T09:00:00Z","install_version":"2180","package_source":"package_source_apple"},
          {"_name":"XProtectPlistConfigData","install_date":"2023-12-21T09:00:00Z","install_version":"2180","package_source":"package_source_apple"}
        ]}
        """;

    private readonly RecordedTools _tools = new();

    public void Dispose() => _tools.Dispose();

    [Fact]
    public async Task A_scan_reads_the_offers_and_Apples_own_history()
    {
        Machine();
        var inventory = await new SoftwareUpdateSource(_tools.Runner()).Scan(Guid.NewGuid(), CancellationToken.None);
        Assert.Equal(["apple:macOS=14.3.1", "apple:Safari=17.3", "apple:Command Line Tools for Xcode, and more=15.1"], inventory.Available.Select(patch => patch.ExternalId));
        Assert.Equal(("important", true, 1537244L * 1024), (inventory.Available[0].Severity, inventory.Available[0].RequiresReboot, inventory.Available[0].SizeBytes));
        Assert.Equal(("moderate", false, 158604L * 1024), (inventory.Available[1].Severity, inventory.Available[1].RequiresReboot, inventory.Available[1].SizeBytes));
        Assert.Equal(["apple:Safari=17.2.1", "apple:macOS=14.2.1", "apple:XProtectPlistConfigData=2180"], inventory.Installed.Select(patch => patch.ExternalId));
    }

    [Fact]
    public async Task Nothing_new_is_a_complete_answer_and_no_answer_is_an_error()
    {
        Machine(listed: "echo 'Software Update Tool'; echo; echo 'Finding available software'; echo 'No new software available.' >&2");
        var inventory = await new SoftwareUpdateSource(_tools.Runner()).Scan(Guid.NewGuid(), CancellationToken.None);
        Assert.True(inventory.IsComplete);
        Assert.Empty(inventory.Available);

        Machine(listed: "echo \"Can't connect to the Apple Software Update server, because you are not connected to the Internet.\" >&2");
        var failed = await Assert.ThrowsAsync<ToolException>(() => new SoftwareUpdateSource(_tools.Runner()).Scan(Guid.NewGuid(), CancellationToken.None));
        Assert.Contains("not connected to the Internet", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_update_is_installed_by_the_label_of_today_and_cannot_be_taken_back()
    {
        Machine(installed: "echo Done.");
        var source = new SoftwareUpdateSource(_tools.Runner());
        var system = Reference(PatchSources.Apple, "apple:macOS=14.3.1");
        var results = await source.Install([system, Reference(PatchSources.Apple, "apple:macOS=13.0")], Run());
        Assert.Equal([PatchResultStatus.Installed, PatchResultStatus.Skipped], results.Select(result => result.Status));
        Assert.True(results[0].RebootRequired);
        Assert.Contains("softwareupdate --install macOS Sonoma 14.3.1-23D60 --agree-to-license", _tools.Calls);
        Assert.Equal(PatchResultStatus.Failed, Assert.Single(await source.RollBack([system], Run())).Status);
    }

    [Theory]
    [InlineData("echo 'Failed to authenticate' >&2; exit 1", "Failed to authenticate")]
    [InlineData("echo 'Safari17.3: No such update'", "No such update")]
    public async Task A_failed_install_says_so_even_with_exit_code_0(string installed, string said)
    {
        Machine(installed: installed);
        var result = Assert.Single(await new SoftwareUpdateSource(_tools.Runner()).Install([Reference(PatchSources.Apple, "apple:Safari=17.3")], Run()));
        Assert.Equal(PatchResultStatus.Failed, result.Status);
        Assert.Contains(said, result.Error, StringComparison.Ordinal);
    }

    private void Machine(string listed = "cat \"$RECORDED/listed\"", string installed = "exit 1") => _tools
        .Text("listed", Listed)
        .Text("history", History)
        .Add("softwareupdate", $"case \"$1\" in --list) {listed} ;; --install) {installed} ;; esac")
        .Add("system_profiler", "cat \"$RECORDED/history\"");
}
