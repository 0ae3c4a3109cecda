using System.Text;
using Breeze.Agent.Patches;
using Breeze.Agent.Patches.Windows;
using Breeze.Agent.Tests.Tools;
using Breeze.Agent.Tools;
using Breeze.Contracts.Agents;
using static Breeze.Agent.Tests.Patches.PatchTesting;

namespace Breeze.Agent.Tests.Patches;

/// <summary>Windows Update and winget by recorded output: this machine is none of theirs.</summary>
public sealed class WindowsTests : IDisposable
{
    private const string Cumulative = "f8b0c2a4-1d7e-4c55-9b1a-0d6a3f1c2e90";
    private const string Defender = "0b2c9d58-7a3e-4f10-8c6d-5e4f3a2b1c0d";

    // As the scan script prints it on Windows 11 23H2; "severity" is null where Microsoft rates nothing.
    private const string Found = """
        {"id":"F8B0C2A4-1D7E-4C55-9B1A-0D6A3F1C2E90","title":"2024-02 Cumulative Update for Windows 11 Version 23H2 for x64-based Systems (KB5034765)","description":"Install this update to resolve issues in Windows.","installed":false,"severity":"Critical","categories":["Security Updates","Windows 11"],"size":104857600000,"reboot":2,"released":"2024-02-13"}
        {"id":"0b2c9d58-7a3e-4f10-8c6d-5e4f3a2b1c0d","title":"Security Intelligence Update for Microsoft Defender Antivirus - KB2267602 (Version 1.403.3170.0)","description":"","installed":false,"severity":null,"categories":["Definition Updates","Microsoft Defender Antivirus"],"size":0,"reboot":0,"released":"2024-02-14"}
        {"id":"11111111-2222-3333-4444-555555555555","title":"Realtek - Net - 10.68.815.2023","description":"Treiber für Ünicode","installed":true,"severity":null,"categories":["Drivers"],"size":1200,"reboot":0,"released":"2023-08-15"}
        {"done":true}
        """;

    private const string Upgrades = """
           -
           \
        Name                           Id                          Version        Available      Source
        ------------------------------------------------------------------------------------------------
        Mozilla Firefox (x64 en-US)    Mozilla.Firefox             122.0.1        123.0          winget
        7-Zip 23.01 (x64)              7zip.7zip                   23.01                         winget
        Some Tool With A Very Long Na… Vendor.SomeToolWithAVeryLo… 1.0            2.0            winget
        Git                            Git.Git                     2.43.0         2.44.0         winget
        3 upgrades available.
        """;

    private readonly RecordedTools _tools = new();
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        _tools.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Windows_Update_is_scanned_with_ratings_sizes_and_reboots()
    {
        _tools.Text("found", Found).Add("powershell", "cat \"$RECORDED/found\"");
        var inventory = await new WindowsUpdateSource(_tools.Runner()).Scan(Guid.NewGuid(), CancellationToken.None);
        Assert.True(inventory.IsComplete);
        var cumulative = Assert.Single(inventory.Available, patch => patch.ExternalId == Cumulative);
        Assert.Equal(
            ("critical", "Security Updates", true, 104857600000L, new DateTimeOffset(2024, 2, 13, 0, 0, 0, TimeSpan.Zero)),
            (cumulative.Severity, cumulative.Category, cumulative.RequiresReboot, cumulative.SizeBytes, cumulative.ReleaseDate));
        var definitions = Assert.Single(inventory.Available, patch => patch.ExternalId == Defender);
        Assert.Equal(("moderate", false, null, null), (definitions.Severity, definitions.RequiresReboot, definitions.SizeBytes, definitions.Description));
        var driver = Assert.Single(inventory.Installed);
        Assert.Equal(("unknown", "Treiber für Ünicode"), (driver.Severity, driver.Description));
    }

    [Theory]
    [InlineData("cat \"$RECORDED/found\" | head -2", "did not answer to the end")]
    [InlineData("echo 'not json'", "did not answer to the end")]
    [InlineData("echo '{\"id\": 5'", "cannot be read")]
    [InlineData("echo 'Exception from HRESULT: 0x8024402C' >&2; exit 1", "0x8024402C")]
    public async Task A_broken_answer_is_an_error_and_no_empty_list(string answer, string said)
    {
        _tools.Text("found", Found).Add("powershell", answer);
        var failed = await Assert.ThrowsAsync<ToolException>(() => new WindowsUpdateSource(_tools.Runner()).Scan(Guid.NewGuid(), CancellationToken.None));
        Assert.Contains(said, failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Updates_are_installed_one_by_one_with_an_outcome_each()
    {
        _tools.Add("powershell", $$"""
            case "$PATCH_IDS" in
              {{Cumulative}}) echo '{"id":"{{Cumulative}}","state":"done","reboot":true}'; echo '{"done":true}' ;;
              {{Defender}}) echo '{"id":"{{Defender}}","state":"failed","error":"The installation failed: 0x80070643"}'; echo '{"done":true}' ;;
              *) echo '{"id":"'"$PATCH_IDS"'","state":"absent","error":"Windows Update does not offer it to this device."}'; echo '{"done":true}' ;;
            esac
            """);
        var source = new WindowsUpdateSource(_tools.Runner());
        var patches = new[] { Cumulative, Defender, "11111111-2222-3333-4444-555555555555", "x'; Remove-Item C:\\" }.Select(id => Reference(PatchSources.Microsoft, id)).ToList();
        var results = await source.Install(patches, Run());
        Assert.Equal(
            [PatchResultStatus.Installed, PatchResultStatus.Failed, PatchResultStatus.Skipped, PatchResultStatus.Failed],
            results.Select(result => result.Status));
        Assert.Equal([true, false, false, false], results.Select(result => result.RebootRequired));
        Assert.Contains("0x80070643", results[1].Error, StringComparison.Ordinal);
        Assert.Equal(3, _tools.Calls.Count);

        var back = await source.RollBack([patches[0]], Run());
        Assert.Equal(PatchResultStatus.RolledBack, Assert.Single(back).Status);
    }

    [Fact]
    public async Task What_PowerShell_is_told_is_constant_and_never_holds_an_id()
    {
        _tools.Add("powershell", "echo '{\"done\":true}'");
        var source = new WindowsUpdateSource(_tools.Runner());
        await source.Scan(Guid.NewGuid(), CancellationToken.None);
        await source.Install([Reference(PatchSources.Microsoft, Cumulative)], Run());
        await source.RollBack([Reference(PatchSources.Microsoft, Cumulative)], Run());
        var scripts = _tools.Calls.Select(call => Encoding.Unicode.GetString(Convert.FromBase64String(call.Split(' ')[^1]))).ToList();
        Assert.Contains("Microsoft.Update.Session", scripts[0], StringComparison.Ordinal);
        Assert.Contains("CreateUpdateInstaller", scripts[1], StringComparison.Ordinal);
        Assert.Contains("Uninstall()", scripts[2], StringComparison.Ordinal);
        Assert.DoesNotContain(scripts, script => script.Contains(Cumulative, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Winget_is_read_by_its_columns_and_a_cut_row_makes_the_scan_incomplete()
    {
        _tools.Text("list", Upgrades).Add("winget", "cat \"$RECORDED/list\"");
        var inventory = await new WingetSource(_tools.Runner(), Memory()).Scan(Guid.NewGuid(), CancellationToken.None);
        Assert.Equal("winget cut the ids or versions of 1 applications short.", inventory.Warning);
        Assert.Equal(["winget:Mozilla.Firefox=123.0", "winget:Git.Git=2.44.0"], inventory.Available.Select(patch => patch.ExternalId));
        Assert.Equal(["winget:Mozilla.Firefox=122.0.1", "winget:7zip.7zip=23.01", "winget:Git.Git=2.43.0"], inventory.Installed.Select(patch => patch.ExternalId));
        Assert.Equal(("Mozilla Firefox (x64 en-US)", "122.0.1"), (inventory.Available[0].Title, inventory.Available[0].CurrentVersion));
    }

    [Fact]
    public void Winget_in_another_language_without_offers_has_four_columns()
    {
        var (packages, cut) = WingetTable.Read("""
            Name               ID                Version  Quelle
            ------------------------------------------------------
            7-Zip 23.01 (x64)  7zip.7zip         23.01    winget
            """);
        Assert.Equal([new WingetPackage("7-Zip 23.01 (x64)", "7zip.7zip", "23.01", null)], packages);
        Assert.Equal(0, cut);
    }

    [Fact]
    public async Task Winget_upgrades_to_that_version_and_back_and_believes_only_its_own_list()
    {
        _tools.Text("list", Upgrades).Add("winget", """
            case "$1 $3" in
              "upgrade Git.Git") sed -i 's/Git.Git                     2.43.0         2.44.0/Git.Git                     2.44.0               /' "$RECORDED/list" ;;
              "install Git.Git") sed -i 's/Git.Git                     2.44.0               /Git.Git                     2.43.0         2.44.0/' "$RECORDED/list" ;;
              "upgrade Mozilla.Firefox") echo "Installer failed with exit code: 1603"; exit 1 ;;
              *) cat "$RECORDED/list" ;;
            esac
            """);
        var source = new WingetSource(_tools.Runner(), Memory());
        var patches = new[] { "winget:Git.Git=2.44.0", "winget:Mozilla.Firefox=123.0", "winget:Not.There=1.0", "winget:--all=1" }.Select(id => Reference(PatchSources.ThirdParty, id)).ToList();
        var results = await source.Install(patches, Run());
        Assert.Equal([PatchResultStatus.Installed, PatchResultStatus.Failed, PatchResultStatus.Skipped, PatchResultStatus.Failed], results.Select(result => result.Status));
        Assert.Contains("exit code: 1603", results[1].Error, StringComparison.Ordinal);

        var back = await new WingetSource(_tools.Runner(), Memory()).RollBack(patches.Take(1).ToList(), Run());
        Assert.Equal(PatchResultStatus.RolledBack, Assert.Single(back).Status);
        Assert.Contains(_tools.Calls, call => call.StartsWith("winget install --id Git.Git --exact --version 2.43.0", StringComparison.Ordinal));
    }

    private PatchMemory Memory() => new(_folder.File("patches.json"));
}
