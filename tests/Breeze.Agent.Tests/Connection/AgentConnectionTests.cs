using System.Diagnostics;
using System.Threading.Channels;
using Breeze.Agent.Connection;
using Breeze.Contracts.Agents;
using Microsoft.Extensions.Logging.Abstractions;

namespace Breeze.Agent.Tests.Connection;

public sealed class AgentConnectionTests : IDisposable
{
    private readonly Signer _signer = new();

    public void Dispose() => _signer.Dispose();

    [Fact]
    public async Task It_says_hello_gets_commands_in_order_and_reports_over_the_wire()
    {
        await using var server = await StandInServer.Start(_signer);
        await using var agent = new Connected(server.Address, server.Admit(_signer.DeviceId));
        await agent.Session.Next("connected");
        var sent = Enumerable.Range(0, 20).Select(_ => _signer.Script("echo 'ü'")).ToList();
        foreach (var command in sent)
        {
            await server.Send(_signer.DeviceId, AgentMethods.Command, command);
        }

        await server.Send(_signer.DeviceId, AgentMethods.CancelCommand, new CancelCommand(sent[0].Id));
        foreach (var command in sent)
        {
            Assert.Equal(command, await agent.Session.Next("command"));
        }

        Assert.Equal(sent[0].Id, await agent.Session.Next("cancel"));
        Assert.True((await agent.Session.Link!.Accept(new Accepted(sent[0].Id, 1), default)).Proceed);
        // The worst that fits a result must fit a frame: quotes, escapes and letters that are not Latin.
        var worst = string.Concat(Enumerable.Repeat("\"<é\\\n", (AgentMethods.MaxOutputBytes / 6) - 1));
        await agent.Session.Link.Report(new Result(sent[0].Id, 1, ResultStatus.Failed, 1, worst), default);
        Assert.Equal(worst, Assert.Single(server.Results).Output);
    }

    [Fact]
    public async Task It_comes_back_when_the_server_does()
    {
        var server = await StandInServer.Start(_signer);
        var address = server.Address;
        await using var agent = new Connected(address, server.Admit(_signer.DeviceId));
        await agent.Session.Next("connected");
        await server.DisposeAsync();
        await agent.Session.Next("disconnected");
        await using var returned = await StandInServer.Start(_signer, address.ToString());
        // The same credential, as after a restart on the same database.
        returned.Readmit(server);
        await agent.Session.Next("connected");
    }

    [Fact]
    public async Task It_waits_as_long_as_the_server_asks()
    {
        await using var server = await StandInServer.Start(_signer);
        await using var agent = new Connected(server.Address, server.Admit(_signer.DeviceId));
        await agent.Session.Next("connected");
        await server.Send(_signer.DeviceId, AgentMethods.Reconnect, new Reconnect(1500, "draining"));
        await server.Abort(_signer.DeviceId);
        await agent.Session.Next("disconnected");
        var clock = Stopwatch.StartNew();
        await agent.Session.Next("connected");
        Assert.InRange(clock.Elapsed.TotalSeconds, 1.3, 20);
    }

    [Fact]
    public async Task A_server_that_is_full_is_left_alone_as_long_as_it_says()
    {
        await using var server = await StandInServer.Start(_signer);
        server.Busy = 1;
        var clock = Stopwatch.StartNew();
        await using var agent = new Connected(server.Address, server.Admit(_signer.DeviceId));
        await agent.Session.Next("connected");
        Assert.InRange(clock.Elapsed.TotalSeconds, 3, 20);
        Assert.Equal(0, server.Busy);
    }

    private sealed class Connected : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stopped = new();
        private readonly Task _running;

        public Connected(Uri server, string token) =>
            _running = new AgentConnection(
                new AgentEndpoint(server, token), Session, new Random(1), TimeProvider.System, NullLoggerFactory.Instance).Run(_stopped.Token);

        public RecordingSession Session { get; } = new();

        public async ValueTask DisposeAsync()
        {
            await _stopped.CancelAsync();
            await _running;
            _stopped.Dispose();
        }
    }

    private sealed class RecordingSession : IAgentSession
    {
        private readonly Channel<(string What, object? Value)> _events = Channel.CreateUnbounded<(string, object?)>();

        public IServerLink? Link { get; private set; }

        public Hello Hello() => new("1", "2", []);

        public void Connected(HelloAnswer answer, IServerLink link)
        {
            Link = link;
            _events.Writer.TryWrite(("connected", answer));
        }

        public void Disconnected() => _events.Writer.TryWrite(("disconnected", null));

        public void Received(Command command) => _events.Writer.TryWrite(("command", command));

        public void Cancelled(Guid commandId) => _events.Writer.TryWrite(("cancel", commandId));

        public async Task<object?> Next(string what)
        {
            var (happened, value) = await _events.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(40));
            Assert.Equal(what, happened);
            return value;
        }
    }
}
