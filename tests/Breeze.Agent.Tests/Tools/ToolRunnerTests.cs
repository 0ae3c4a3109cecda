using Breeze.Agent.Tools;

namespace Breeze.Agent.Tests.Tools;

public sealed class ToolRunnerTests : IDisposable
{
    private readonly RecordedTools _tools = new();
    private readonly Guid _command = Guid.CreateVersion7();

    public void Dispose() => _tools.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_cancelled_tool_is_killed_and_a_transaction_is_finished(bool isTransaction)
    {
        _tools.Add("tool", "touch \"$RECORDED/started\"; sleep 1; echo finished > \"$RECORDED/end\"");
        using var cancel = new CancellationTokenSource();
        var running = _tools.Runner().Run(Tool() with { IsTransaction = isTransaction }, _command, cancel.Token);
        await Wait.Until(() => File.Exists(Path.Combine(_tools.Folder, "started")), "the tool to start");
        await cancel.CancelAsync();
        if (isTransaction)
        {
            Assert.Equal(0, (await running).ExitCode);
        }
        else
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        }

        Assert.Equal(isTransaction, File.Exists(Path.Combine(_tools.Folder, "end")));
    }

    [Fact]
    public async Task Only_what_may_be_ended_after_a_crash_carries_the_commands_mark()
    {
        _tools.Add("tool", "env");
        Assert.Contains($"BREEZE_COMMAND_ID={_command}", (await _tools.Runner().Run(Tool(), _command, CancellationToken.None)).Output, StringComparison.Ordinal);
        Assert.DoesNotContain("BREEZE_", (await _tools.Runner().Run(Tool() with { IsTransaction = true }, _command, CancellationToken.None)).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_timeout_ends_even_a_transaction_and_says_what_was_said_last()
    {
        _tools.Add("tool", "echo waiting for the lock; sleep 300");
        var ended = await Assert.ThrowsAsync<ToolException>(() => _tools.Runner().Run(Tool() with { IsTransaction = true, Timeout = TimeSpan.FromSeconds(1) }, _command, CancellationToken.None));
        Assert.Contains("killed at its timeout", ended.Message, StringComparison.Ordinal);
        Assert.Contains("waiting for the lock", ended.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Output_is_whole_and_the_log_is_bounded()
    {
        _tools.Add("tool", "echo problem >&2; head -c 3000000 /dev/zero | tr '\\0' x; exit 3");
        var outcome = await _tools.Runner().Run(Tool(), _command, CancellationToken.None);
        Assert.Equal((3, 3_000_000), (outcome.ExitCode, outcome.Output.Length));
        Assert.InRange(outcome.Log.Length, 1000, 65536);
        Assert.DoesNotContain("problem", outcome.Output, StringComparison.Ordinal);
        // The two pipes are read side by side: how their lines mix is not certain, that both are there is.
        _tools.Add("tool", "echo said; echo problem >&2");
        outcome = await _tools.Runner().Run(Tool(), _command, CancellationToken.None);
        Assert.Equal(("said\n", true, true), (outcome.Output, outcome.Log.Contains("said", StringComparison.Ordinal), outcome.Log.Contains("problem", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task What_is_not_there_or_cannot_be_started_is_an_error()
    {
        var missing = await Assert.ThrowsAsync<ToolException>(() => _tools.Runner().Run(Tool() with { Program = "no-such-tool" }, _command, CancellationToken.None));
        Assert.Equal("This device has no no-such-tool.", missing.Message);
        _tools.Text("broken", "no program");
        var broken = new ToolRunner(new DeviceTools(new Dictionary<string, string> { ["broken"] = Path.Combine(_tools.Folder, "broken") }, new Dictionary<string, string>()), TimeProvider.System);
        await Assert.ThrowsAsync<ToolException>(() => broken.Run(Tool() with { Program = "broken" }, _command, CancellationToken.None));
    }

    private static ToolCommand Tool() => new("tool", [], TimeSpan.FromSeconds(30));
}
