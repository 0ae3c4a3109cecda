using System.Text;
using System.Text.Json;
using Breeze.Agent.Scripts;
using Breeze.Agent.Software;
using Breeze.Agent.Tests.Patches;
using Breeze.Agent.Tools;
using Breeze.Contracts.Agents;

namespace Breeze.Agent.Tests.Software;

public sealed class SoftwareTests : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Signer _signer = new();
    private FileServer _server = null!;

    // Where the sample installer puts what it installs.
    private string Target => _folder.File("installed");

    private string Downloads => _folder.File("downloads");

    public async Task InitializeAsync() => _server = await FileServer.Start();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose()
    {
        _folder.Dispose();
        _signer.Dispose();
    }

    [Fact]
    public async Task An_installer_is_fetched_verified_run_with_its_arguments_and_cleaned_up()
    {
        await using var agent = Agent();
        var link = agent.Connect();
        var result = await Install(agent, link, Package($"stat -c %a \"$0\" \"$(dirname \"$0\")\"; printf '<%s>' \"$@\"; touch {Target}", arguments: "--quiet --dir \"/opt/my app\" $HOME;ls"));
        Assert.Equal((ResultStatus.Completed, 0), (result.Status, result.ExitCode));
        // Private to the agent's user, and no shell between the arguments and the installer.
        Assert.Equal("700\n700\n<--quiet><--dir></opt/my app><$HOME;ls>", result.Output);
        Assert.Equal(new SoftwareResult(true, true), Data(result));
        Assert.Equal([CommandPhase.Downloading, CommandPhase.Installing], link.Phases);
        Assert.Empty(Directory.GetFileSystemEntries(Downloads));
    }

    [Fact]
    public async Task What_is_there_already_is_neither_fetched_nor_run()
    {
        await File.WriteAllTextAsync(Target, "");
        await using var agent = Agent();
        var result = await Install(agent, agent.Connect(), Package("echo ran; exit 1"));
        Assert.Equal(ResultStatus.Completed, result.Status);
        Assert.Equal(new SoftwareResult(false, true), Data(result));
        Assert.Equal(0, _server.Requests);
    }

    [Fact]
    public async Task A_file_with_another_hash_is_never_run()
    {
        await using var agent = Agent();
        var result = await Install(agent, agent.Connect(), Package($"touch {Target}") with { Sha256 = new string('a', 64) });
        Assert.Equal(ResultStatus.Failed, result.Status);
        Assert.Contains("SHA-256", result.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Target));
        Assert.Empty(Directory.GetFileSystemEntries(Downloads));
    }

    [Fact]
    public async Task A_file_of_another_size_is_refused_before_it_is_fetched()
    {
        await using var agent = Agent();
        var package = Package($"touch {Target}");
        var result = await Install(agent, agent.Connect(), package with { SizeBytes = package.SizeBytes + 1 });
        Assert.Contains("bytes long, not", result.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Target));
    }

    [Fact]
    public async Task An_endless_body_is_cut_off_at_the_size_that_was_promised()
    {
        await using var agent = Agent();
        var result = await Install(agent, agent.Connect(), Package("exit 0") with { Url = _server.Url("endless.sh"), SizeBytes = 1_000_000 });
        Assert.Equal((ResultStatus.Failed, "The file is longer than 1000000 bytes."), (result.Status, result.Error));
        Assert.InRange(_server.Sent, 1_000_000, 100_000_000);
        Assert.Empty(Directory.GetFileSystemEntries(Downloads));
    }

    [Fact]
    public async Task A_download_that_goes_on_for_ever_is_ended_at_its_time()
    {
        using var http = new HttpClient();
        var package = Package("exit 0") with { Url = _server.Url("endless.sh"), SizeBytes = long.MaxValue };
        var kind = InstallerKind.Of(new Uri(package.Url), DevicePlatform.Linux)!;
        var error = await Assert.ThrowsAsync<ToolException>(
            () => InstallerDownload.Fetch(http, package, kind, Downloads, Guid.NewGuid(), TimeSpan.FromMilliseconds(300), CancellationToken.None));
        Assert.Contains("took longer", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(Downloads));
    }

    [Fact]
    public async Task A_server_that_does_not_have_it_is_a_failure()
    {
        await using var agent = Agent();
        var result = await Install(agent, agent.Connect(), Package("exit 0") with { Url = _server.Url("missing.sh") });
        Assert.Contains("answered 404", result.Error, StringComparison.Ordinal);
        result = await Install(agent, agent.Connect(), Package("exit 0") with { Url = "http://127.0.0.1:9/x.sh" });
        Assert.Contains("download failed", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failing_installer_is_a_failure_with_its_exit_code_and_its_words()
    {
        await using var agent = Agent();
        var result = await Install(agent, agent.Connect(), Package("echo 'no room on the disk' >&2; exit 17"));
        Assert.Equal((ResultStatus.Failed, 17), (result.Status, result.ExitCode));
        Assert.Contains("no room on the disk", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_installer_that_installs_nothing_is_found_out()
    {
        await using var agent = Agent();
        var result = await Install(agent, agent.Connect(), Package("exit 0"));
        Assert.Equal(ResultStatus.Failed, result.Status);
        Assert.Contains("detection rule does not find", result.Error, StringComparison.Ordinal);
        Assert.Equal(new SoftwareResult(true, false), Data(result));
    }

    [Fact]
    public async Task An_uninstall_command_takes_it_away_and_is_not_run_when_it_is_gone()
    {
        await File.WriteAllTextAsync(Target, "");
        await using var agent = Agent();
        var link = agent.Connect();
        var package = Package("exit 0", arguments: $"rm {Target} && echo removed");
        var removed = await Run(agent, link, CommandTypes.UninstallSoftware, package);
        Assert.Equal((ResultStatus.Completed, "removed\n"), (removed.Status, removed.Output));
        Assert.Equal(new SoftwareResult(true, false), Data(removed));
        Assert.False(File.Exists(Target));

        Assert.Equal(new SoftwareResult(false, false), Data(await Run(agent, link, CommandTypes.UninstallSoftware, package)));
        await File.WriteAllTextAsync(Target, "");
        var failed = await Run(agent, link, CommandTypes.UninstallSoftware, package with { Arguments = "echo 'still in use' >&2; exit 5" });
        Assert.Equal((ResultStatus.Failed, 5), (failed.Status, failed.ExitCode));
        Assert.Contains("still in use", failed.Error, StringComparison.Ordinal);
        var lied = await Run(agent, link, CommandTypes.UninstallSoftware, package with { Arguments = "exit 0" });
        Assert.Contains("still finds", lied.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cancelled_installer_is_killed_and_says_so()
    {
        await using var agent = Agent();
        var link = agent.Connect();
        var command = Command(CommandTypes.InstallSoftware, Package($"touch {Target}.started; sleep 300"));
        agent.Receive(command);
        await Wait.Until(() => File.Exists(Target + ".started"), "the installer to start");
        agent.Cancel(command.Id);
        var result = await link.NextResult();
        Assert.Equal((ResultStatus.Failed, "It was ended because the server cancelled it."), (result.Status, result.Error));
        Assert.Empty(Directory.GetFileSystemEntries(Downloads));
    }

    [Fact]
    public async Task An_installer_that_ran_when_the_agent_died_is_interrupted_and_not_run_again()
    {
        var runs = _folder.File("runs");
        var command = Command(CommandTypes.InstallSoftware, Package($"echo run >> {runs}; sleep 300"));
        await using var dead = Agent();
        dead.Connect();
        dead.Receive(command);
        await Wait.Until(() => File.Exists(runs), "the installer to start");
        using var copy = new TemporaryFolder();
        // The disk as a power cut leaves it.
        File.Copy(_folder.File("journal.log"), copy.File("journal.log"));
        await using var again = new RunningProcessor(copy.Path, _signer);
        var link = again.Connect();
        Assert.Equal(ResultStatus.Interrupted, (await link.NextResult()).Status);
        again.Receive(_signer.Again(command));
        Assert.Equal(ResultStatus.Interrupted, (await link.NextResult()).Status);
        Assert.Equal(["run"], await File.ReadAllLinesAsync(runs));
    }

    [Theory]
    [InlineData("ftp://127.0.0.1/x.sh", "http or https")]
    [InlineData("http://127.0.0.1/x.msi", "does not install")]
    [InlineData("not an address", "http or https")]
    public async Task What_this_device_cannot_install_is_rejected(string url, string said)
    {
        await using var agent = Agent();
        var result = await Install(agent, agent.Connect(), Package("exit 0") with { Url = url });
        Assert.Equal(ResultStatus.Rejected, result.Status);
        Assert.Contains(said, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_rule_that_cannot_be_followed_is_rejected()
    {
        await using var agent = Agent();
        var link = agent.Connect();
        foreach (var rule in new SoftwareDetection[]
        {
            new(DetectionType.File, Path: "relative"), new(DetectionType.File), new(DetectionType.Package, Name: "--all"),
            new(DetectionType.Registry, Path: "HKLM\\X"), new(DetectionType.Script, Script: ""),
        })
        {
            Assert.Equal(ResultStatus.Rejected, (await Install(agent, link, Package("exit 0") with { Detection = rule })).Status);
        }

        agent.Receive(_signer.Sign(CommandTypes.InstallSoftware, """{"packageId":"018f0000-0000-7000-8000-000000000000","name":"x","version":"1","url":"http://a/x.sh","sha256":"","sizeBytes":1,"detection":{"type":"astrology"}}"""));
        Assert.Equal(ResultStatus.Rejected, (await link.NextResult()).Status);
    }

    [Theory]
    [InlineData("test -f \"$TARGET\"", false)]
    [InlineData("true", true)]
    public async Task A_detection_script_says_it_by_its_exit_code(string script, bool installed)
    {
        await using var agent = Agent();
        var result = await Install(agent, agent.Connect(), Package("exit 0") with { Detection = new SoftwareDetection(DetectionType.Script, Script: script) });
        Assert.Equal(installed ? ResultStatus.Completed : ResultStatus.Failed, result.Status);
        Assert.Equal(new SoftwareResult(!installed, installed), Data(result));
    }

    [AptFact]
    public async Task A_deb_is_installed_through_apt_and_found_by_its_name_and_version()
    {
        using var apt = new AptWorld();
        apt.Package("Sample", "editor", "3.2");
        apt.Publish("Sample");
        var (url, size, hash) = _server.Add("editor.deb", await File.ReadAllBytesAsync(apt.Deb("Sample", "editor", "3.2")));
        await using var agent = new RunningProcessor(apt.Agent, _signer, tools: apt.Tools);
        var link = agent.Connect();
        var package = new SoftwarePayload(Guid.CreateVersion7(), "Editor", "3.2", url, hash, size, null, new SoftwareDetection(DetectionType.Package, Name: "editor", Version: "3.2"));
        var result = await Install(agent, link, package);
        Assert.Equal((ResultStatus.Completed, null), (result.Status, result.Error));
        Assert.Equal(["editor 3.2 ii"], apt.Installed());
        Assert.Equal(new SoftwareResult(false, true), Data(await Install(agent, link, package)));
    }

    [Theory]
    [InlineData("https://a.example/Setup.MSI?x=.sh", DevicePlatform.Windows, "msiexec", "/i P /qn /norestart", true)]
    [InlineData("https://a.example/setup.exe", DevicePlatform.Windows, "P", "", false)]
    [InlineData("https://a.example/tool.pkg", DevicePlatform.MacOS, "installer", "-pkg P -target /", true)]
    [InlineData("https://a.example/tool.rpm", DevicePlatform.Linux, "dnf", "-y install P", true)]
    public void Each_platform_has_its_installers(string url, DevicePlatform platform, string program, string arguments, bool isTransaction)
    {
        var command = InstallerKind.Of(new Uri(url), platform)!.Command("P", null, TimeSpan.FromMinutes(1));
        Assert.Equal((program, arguments, isTransaction), (command.Program, string.Join(' ', command.Arguments), command.IsTransaction));
    }

    [Theory]
    [InlineData("3.1", true)]
    [InlineData("31", true)]
    [InlineData("3", false)]
    public void A_registry_value_is_compared_as_text_or_as_a_number(string value, bool expected) => Assert.Equal(expected, RegistryOutput.HasValue(
        "\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\X\r\n    Version    REG_SZ    3.1\r\n    Build    REG_DWORD    0x1f\r\n", value));

    private RunningProcessor Agent() => new(_folder.Path, _signer);

    private SoftwarePayload Package(string script, string? arguments = null)
    {
        var (url, size, hash) = _server.Add("setup.sh", Encoding.UTF8.GetBytes(script + "\n"));
        return new SoftwarePayload(Guid.CreateVersion7(), "Sample", "1.0", url, hash, size, arguments, new SoftwareDetection(DetectionType.File, Path: Target));
    }

    private Command Command(string type, SoftwarePayload package) => _signer.Sign(type, JsonSerializer.Serialize(package, AgentJson.Default.SoftwarePayload));

    private Task<Result> Install(RunningProcessor agent, ScriptedLink link, SoftwarePayload package) => Run(agent, link, CommandTypes.InstallSoftware, package);

    private async Task<Result> Run(RunningProcessor agent, ScriptedLink link, string type, SoftwarePayload package)
    {
        agent.Receive(Command(type, package));
        return await link.NextResult();
    }

    private static SoftwareResult Data(Result result) => result.Data!.Value.Deserialize(AgentJson.Default.SoftwareResult)!;
}
