using System.Text.Json;
using Breeze.Agent.Reboots;
using Breeze.Agent.Scripts;
using Breeze.Agent.Tests.Tools;
using Breeze.Contracts.Agents;

namespace Breeze.Agent.Tests.Reboots;

/// <summary>With a shutdown of the test's own: no machine is restarted by these.</summary>
public sealed class RebootTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly RecordedTools _tools = new();
    private readonly Signer _signer = new();

    public void Dispose()
    {
        _folder.Dispose();
        _tools.Dispose();
        _signer.Dispose();
    }

    [Theory]
    [InlineData(15, "Patches were installed", "shutdown -r +15 Breeze: Patches were installed", 15)]
    [InlineData(0, "now", "shutdown -r +1 Breeze: now", 1)]
    [InlineData(1, "-c --now\n\u001b[2J", "shutdown -r +1 Breeze: -c --now  [2J", 1)]
    public async Task A_reboot_is_announced_with_its_reason(int delay, string reason, string called, int minutes)
    {
        _tools.Add("shutdown", "exit 0");
        await using var agent = new RunningProcessor(_folder.Path, _signer, tools: _tools.Device);
        var link = agent.Connect();
        agent.Receive(Reboot(delay, reason));
        var result = await link.NextResult();
        Assert.Equal((ResultStatus.Completed, minutes), (result.Status, result.Data!.Value.Deserialize(AgentJson.Default.AnnouncedReboot)!.DelayMinutes));
        Assert.Equal([called], _tools.Calls);
    }

    [Fact]
    public async Task A_repeated_reboot_is_announced_once()
    {
        _tools.Add("shutdown", "exit 0");
        var command = Reboot(5, "once");
        await using (var agent = new RunningProcessor(_folder.Path, _signer, tools: _tools.Device))
        {
            var link = agent.Connect();
            agent.Receive(command);
            await link.NextResult();
        }

        await using var again = new RunningProcessor(_folder.Path, _signer, tools: _tools.Device);
        var second = again.Connect();
        again.Receive(_signer.Again(command));
        Assert.Equal(ResultStatus.Completed, (await second.NextResult()).Status);
        Assert.Single(_tools.Calls);
    }

    [Fact]
    public async Task The_result_is_in_the_journal_before_the_device_goes_down_and_is_told_when_it_is_back()
    {
        _tools.Add("shutdown", "exit 0");
        var command = Reboot(0, "now");
        await using (var agent = new RunningProcessor(_folder.Path, _signer, tools: _tools.Device))
        {
            // A server that takes no result.
            agent.Connect(new ScriptedLink { OnResult = _ => Task.FromException(new IOException("gone")) });
            agent.Receive(command);
            await Wait.Until(() => _tools.Calls.Count == 1 && File.ReadAllText(_folder.File("journal.log")).Contains("\"done\"", StringComparison.Ordinal), "the result in the journal");
        }

        await using var again = new RunningProcessor(_folder.Path, _signer, tools: _tools.Device);
        var result = await again.Connect().NextResult();
        Assert.Equal((command.Id, ResultStatus.Completed), (result.CommandId, result.Status));
    }

    [Fact]
    public async Task Before_an_announced_reboot_no_patch_is_begun()
    {
        _tools.Add("shutdown", "exit 0");
        await using var agent = new RunningProcessor(_folder.Path, _signer, tools: _tools.Device);
        var link = agent.Connect();
        agent.Receive(Reboot(5, "soon"));
        await link.NextResult();
        agent.Receive(_signer.Sign(CommandTypes.InstallPatches, JsonSerializer.Serialize(
            new PatchesPayload([new PatchReference(Guid.CreateVersion7(), PatchSources.Linux, "apt:a:all=1", "a")]), AgentJson.Default.PatchesPayload)));
        var result = await link.NextResult();
        var patch = Assert.Single(result.Data!.Value.Deserialize(AgentJson.Default.PatchResults)!.Results);
        Assert.Equal((ResultStatus.Completed, PatchResultStatus.Skipped), (result.Status, patch.Status));
        Assert.Contains("about to restart", patch.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_shutdown_that_fails_is_a_failure_in_its_own_words()
    {
        _tools.Add("shutdown", "echo 'Failed to set wall message: Access denied' >&2; exit 1");
        await using var agent = new RunningProcessor(_folder.Path, _signer, tools: _tools.Device);
        var link = agent.Connect();
        agent.Receive(Reboot(5, "soon"));
        var result = await link.NextResult();
        Assert.Equal(ResultStatus.Failed, result.Status);
        Assert.Contains("Access denied", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"delayMinutes\":-1,\"reason\":\"x\"}")]
    [InlineData("{\"delayMinutes\":10081,\"reason\":\"x\"}")]
    [InlineData("{\"delayMinutes\":5}")]
    [InlineData("{}")]
    public async Task A_payload_that_is_none_is_rejected_and_nothing_is_called(string payload)
    {
        _tools.Add("shutdown", "exit 0");
        await using var agent = new RunningProcessor(_folder.Path, _signer, tools: _tools.Device);
        var link = agent.Connect();
        agent.Receive(_signer.Sign(CommandTypes.Reboot, payload));
        Assert.Equal(ResultStatus.Rejected, (await link.NextResult()).Status);
        Assert.Empty(_tools.Calls);
    }

    [Fact]
    public void Windows_is_told_in_seconds() =>
        Assert.Equal(["/r", "/t", "900", "/d", "p:2:17", "/c", "Breeze: patches"], RebootCommands.Arguments(DevicePlatform.Windows, 15, "Breeze: patches"));

    private Command Reboot(int delay, string reason) =>
        _signer.Sign(CommandTypes.Reboot, JsonSerializer.Serialize(new RebootPayload(delay, reason), AgentJson.Default.RebootPayload));
}
