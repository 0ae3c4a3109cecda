using System.Diagnostics;
using Breeze.Agent.Commands;
using Breeze.Contracts.Agents;

namespace Breeze.Agent.Tests.Commands;

public sealed class CommandProcessorTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Signer _signer = new();

    private string Effect => _folder.File("effect");

    public void Dispose()
    {
        _folder.Dispose();
        _signer.Dispose();
    }

    [Fact]
    public async Task A_command_runs_once_however_often_it_comes()
    {
        await using var agent = new RunningProcessor(_folder.Path, _signer);
        var link = agent.Connect();
        var command = Append("ran");
        agent.Receive(command);
        agent.Receive(_signer.Again(command));
        Assert.Equal((ResultStatus.Completed, 0, "ok\n"), Seen(await link.NextResult()));
        agent.Receive(_signer.Again(command));
        Assert.Equal((ResultStatus.Completed, 0, "ok\n"), Seen(await link.NextResult()));
        Assert.Equal(["ran"], await File.ReadAllLinesAsync(Effect));
    }

    [Fact]
    public async Task A_command_repeated_to_a_restarted_agent_is_answered_from_the_journal()
    {
        var command = Append("ran");
        await using (var agent = new RunningProcessor(_folder.Path, _signer))
        {
            var link = agent.Connect();
            agent.Receive(command);
            await link.NextResult();
        }

        await using var again = new RunningProcessor(_folder.Path, _signer);
        var second = again.Connect();
        again.Receive(_signer.Again(command));
        Assert.Equal((ResultStatus.Completed, 0, "ok\n"), Seen(await second.NextResult()));
        Assert.Equal(["ran"], await File.ReadAllLinesAsync(Effect));
    }

    [Fact]
    public async Task Nothing_runs_before_the_server_says_proceed_and_a_lost_question_is_asked_again()
    {
        await using var agent = new RunningProcessor(_folder.Path, _signer);
        var silent = agent.Connect(new ScriptedLink { OnAccept = _ => new TaskCompletionSource<AcceptAnswer>().Task });
        var command = Append("ran");
        agent.Receive(command);
        await silent.NextAccepted();
        Assert.False(File.Exists(Effect));
        agent.Disconnect();
        var link = agent.Connect();
        Assert.Equal(command.Id, (await link.NextAccepted()).CommandId);
        Assert.Equal(ResultStatus.Completed, (await link.NextResult()).Status);
        Assert.Equal(["ran"], await File.ReadAllLinesAsync(Effect));
    }

    [Fact]
    public async Task A_withdrawn_command_never_runs_and_one_after_it_does()
    {
        await using var agent = new RunningProcessor(_folder.Path, _signer);
        var withdrawn = Append("withdrawn");
        var link = agent.Connect(new ScriptedLink { OnAccept = accepted => Task.FromResult(new AcceptAnswer(accepted.CommandId != withdrawn.Id)) });
        agent.Receive(withdrawn);
        var next = Append("next");
        agent.Receive(next);
        Assert.Equal(next.Id, (await link.NextResult()).CommandId);
        Assert.Equal(["next"], await File.ReadAllLinesAsync(Effect));
    }

    [Fact]
    public async Task Commands_run_one_at_a_time_in_the_order_of_their_sequences()
    {
        await using var agent = new RunningProcessor(_folder.Path, _signer);
        var link = agent.Connect();
        var commands = Enumerable.Range(1, 4).Select(n => _signer.Script($"echo begin{n} >> {Effect}; sleep 0.1; echo end{n} >> {Effect}")).ToList();
        commands.ForEach(agent.Receive);
        foreach (var command in commands)
        {
            Assert.Equal(command.Id, (await link.NextResult()).CommandId);
        }

        Assert.Equal(Enumerable.Range(1, 4).SelectMany(n => new[] { $"begin{n}", $"end{n}" }), await File.ReadAllLinesAsync(Effect));
    }

    [Fact]
    public async Task What_had_started_when_the_agent_died_is_interrupted_and_what_is_left_of_it_is_ended()
    {
        var command = _signer.Script($"echo $$ >> {Effect}; sleep 300");
        using var dead = new TemporaryFolder();
        await using var agent = new RunningProcessor(dead.Path, _signer);
        agent.Connect();
        agent.Receive(command);
        await UntilEffect();
        // The disk as a power cut leaves it.
        File.Copy(dead.File("journal.log"), _folder.File("journal.log"));

        await using var again = new RunningProcessor(_folder.Path, _signer);
        var link = again.Connect();
        Assert.Equal(ResultStatus.Interrupted, (await link.NextResult()).Status);
        again.Receive(_signer.Again(command));
        Assert.Equal(ResultStatus.Interrupted, (await link.NextResult()).Status);
        var pid = Assert.Single(await File.ReadAllLinesAsync(Effect));
        Assert.False(IsRunning(pid), "the script of the dead agent still runs");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_was_accepted_and_not_started_when_the_agent_died_runs_once_if_the_server_still_wants_it(bool wanted)
    {
        var blocking = _signer.Script($"touch {_folder.File("blocking")}; sleep 300");
        var waiting = Append("ran");
        using var dead = new TemporaryFolder();
        await using (var agent = new RunningProcessor(dead.Path, _signer))
        {
            agent.Connect();
            agent.Receive(blocking);
            agent.Receive(waiting);
            await Until(() => File.ReadAllText(dead.File("journal.log")).Split("\"accepted\"").Length == 3, "both to be accepted");
            File.Copy(dead.File("journal.log"), _folder.File("journal.log"));
        }

        await using var again = new RunningProcessor(_folder.Path, _signer);
        var link = again.Connect(new ScriptedLink { OnAccept = accepted => Task.FromResult(new AcceptAnswer(wanted || accepted.CommandId != waiting.Id)) });
        var after = Append("after");
        again.Receive(after);
        var results = new Dictionary<Guid, ResultStatus>();
        while (results.Count < (wanted ? 3 : 2))
        {
            var result = await link.NextResult();
            results[result.CommandId] = result.Status;
        }

        Assert.Equal((ResultStatus.Interrupted, ResultStatus.Completed), (results[blocking.Id], results[after.Id]));
        Assert.Equal(wanted, results.ContainsKey(waiting.Id));
        Assert.Equal(wanted ? ["ran", "after"] : ["after"], await File.ReadAllLinesAsync(Effect));
    }

    [Fact]
    public async Task An_agent_that_is_stopped_reports_the_running_command_as_interrupted()
    {
        var command = _signer.Script($"echo started >> {Effect}; sleep 300");
        await using (var agent = new RunningProcessor(_folder.Path, _signer))
        {
            agent.Connect();
            agent.Receive(command);
            await UntilEffect();
        }

        await using var again = new RunningProcessor(_folder.Path, _signer);
        Assert.Equal(ResultStatus.Interrupted, (await again.Connect().NextResult()).Status);
    }

    [Fact]
    public async Task A_result_is_reported_on_every_connection_until_the_server_has_it_and_then_no_more()
    {
        var command = Append("ran");
        await using (var agent = new RunningProcessor(_folder.Path, _signer))
        {
            var tried = new TaskCompletionSource();
            agent.Connect(new ScriptedLink
            {
                OnResult = _ =>
                {
                    tried.TrySetResult();
                    return Task.FromException(new IOException("cut"));
                },
            });
            agent.Receive(command);
            // Its effect alone is not enough: the journal must have its end before the agent goes.
            await tried.Task.WaitAsync(TimeSpan.FromSeconds(30));
        }

        await using (var agent = new RunningProcessor(_folder.Path, _signer))
        {
            Assert.Equal(ResultStatus.Completed, (await agent.Connect().NextResult()).Status);
            await Until(() => File.ReadAllText(_folder.File("journal.log")).Contains("acknowledged", StringComparison.Ordinal), "the acknowledgement");
        }

        await using var last = new RunningProcessor(_folder.Path, _signer);
        var link = last.Connect();
        var other = Append("other");
        last.Receive(other);
        Assert.Equal(other.Id, (await link.NextResult()).CommandId);
    }

    [Fact]
    public async Task A_running_command_that_is_cancelled_is_killed_and_a_waiting_one_never_starts()
    {
        await using var agent = new RunningProcessor(_folder.Path, _signer);
        var link = agent.Connect();
        var running = _signer.Script($"echo $$ >> {Effect}; sleep 300");
        var waiting = Append("waiting");
        agent.Receive(running);
        agent.Receive(waiting);
        await UntilEffect();
        await link.NextAccepted();
        await link.NextAccepted();
        await Until(() => File.ReadAllText(_folder.File("journal.log")).Split("\"accepted\"").Length == 3, "both to be accepted");
        agent.Cancel(waiting.Id);
        agent.Cancel(running.Id);
        var results = new[] { await link.NextResult(), await link.NextResult() };
        Assert.All(results, result => Assert.Equal(ResultStatus.Failed, result.Status));
        Assert.All(results, result => Assert.Contains("cancelled", result.Error, StringComparison.Ordinal));
        Assert.False(IsRunning(Assert.Single(await File.ReadAllLinesAsync(Effect))));
    }

    [Theory]
    [InlineData("reboot", "{}", "reboot")]
    [InlineData("run_script", "{\"language\":\"cobol\",\"content\":\"x\",\"timeoutSeconds\":1}", "payload")]
    [InlineData("run_script", "not json", "payload")]
    [InlineData("run_script", "{}", "payload")]
    [InlineData("run_script", "{\"language\":\"bash\",\"content\":\"x\",\"timeoutSeconds\":0}", "timeout")]
    public async Task What_this_agent_cannot_run_is_rejected_with_the_reason(string type, string payload, string named)
    {
        await using var agent = new RunningProcessor(_folder.Path, _signer);
        var link = agent.Connect();
        agent.Receive(_signer.Sign(type, payload));
        var result = await link.NextResult();
        Assert.Equal(ResultStatus.Rejected, result.Status);
        Assert.Contains(named, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_signature_is_rejected_and_leaves_no_trace_for_the_true_command()
    {
        await using var agent = new RunningProcessor(_folder.Path, _signer);
        var link = agent.Connect();
        var command = Append("ran");
        agent.Receive(command with { Payload = command.Payload + " " });
        Assert.Equal(ResultStatus.Rejected, (await link.NextResult()).Status);
        agent.Receive(command);
        Assert.Equal(ResultStatus.Completed, (await link.NextResult()).Status);
    }

    [Fact]
    public async Task An_expired_command_is_not_run_and_its_renewal_is()
    {
        await using var agent = new RunningProcessor(_folder.Path, _signer);
        var link = agent.Connect();
        var expired = _signer.Again(Append("ran") with { ExpiresAt = Signer.Now.AddSeconds(-1) });
        agent.Receive(expired);
        agent.Receive(_signer.Again(expired with { ExpiresAt = Signer.Now.AddMinutes(5) }));
        Assert.Equal(ResultStatus.Completed, (await link.NextResult()).Status);
        Assert.Single(link.Results);
        Assert.Equal(["ran"], await File.ReadAllLinesAsync(Effect));
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(3, false)]
    [InlineData(4, true)]
    public async Task On_a_full_disk_a_command_is_rejected_or_its_result_kept(int failingWrite, bool runs)
    {
        var disk = new FailingDisk(failingWrite);
        await using var agent = new RunningProcessor(_folder.Path, _signer, new JournalFile(_folder.File("journal.log"), disk.Open));
        var link = agent.Connect();
        agent.Receive(Append("ran"));
        var result = await link.NextResult();
        Assert.Equal(runs ? ResultStatus.Completed : ResultStatus.Rejected, result.Status);
        Assert.Equal(runs, File.Exists(Effect));
        if (!runs)
        {
            Assert.Contains("No space left", result.Error, StringComparison.Ordinal);
        }

        disk.HasRoom = true;
        agent.Receive(Append("after"));
        Assert.Equal(ResultStatus.Completed, (await link.NextResult()).Status);
    }

    private Command Append(string line) => _signer.Script($"echo {line} >> {Effect}; echo ok");

    private Task UntilEffect() => Until(() => File.Exists(Effect) && new FileInfo(Effect).Length > 0, "the script to have its effect");

    private static (ResultStatus, int?, string?) Seen(Result result) => (result.Status, result.ExitCode, result.Output);

    private static bool IsRunning(string pid)
    {
        try
        {
            return !File.ReadAllText($"/proc/{pid}/stat").Contains(") Z ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static async Task Until(Func<bool> condition, string what)
    {
        for (var clock = Stopwatch.StartNew(); !condition(); await Task.Delay(20))
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30), $"waited 30 s for {what}");
        }
    }

    /// <summary>A disk that is full from its nth write of a command on, until there is room again.</summary>
    private sealed class FailingDisk(int failingWrite)
    {
        private int _writes;

        public bool HasRoom { get; set; }

        public bool Takes() => ++_writes < failingWrite || HasRoom;

        public Stream Open(string path, FileMode mode) => new DiskStream(this, new FileStream(path, mode, FileAccess.ReadWrite, FileShare.ReadWrite));

        private sealed class DiskStream(FailingDisk disk, FileStream file) : Stream
        {
            public override bool CanRead => true;
            public override bool CanSeek => true;
            public override bool CanWrite => true;
            public override long Length => file.Length;
            public override long Position { get => file.Position; set => file.Position = value; }

            public override void Write(ReadOnlySpan<byte> buffer)
            {
                // Lines of a command; the compacted header is no step of one.
                if (buffer.IndexOf("\"step\":\"sequence\""u8) < 0 && !disk.Takes())
                {
                    file.Write(buffer[..(buffer.Length / 2)]);
                    throw new IOException("No space left on device");
                }

                file.Write(buffer);
            }

            public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));
            public override int Read(byte[] buffer, int offset, int count) => file.Read(buffer, offset, count);
            public override long Seek(long offset, SeekOrigin origin) => file.Seek(offset, origin);
            public override void SetLength(long value) => file.SetLength(value);
            public override void Flush() => file.Flush();

            protected override void Dispose(bool disposing)
            {
                file.Dispose();
                base.Dispose(disposing);
            }
        }
    }
}
