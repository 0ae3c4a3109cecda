using System.Collections.Concurrent;
using Breeze.Contracts.Agents;
using Breeze.Core;
using Breeze.Silo.Agents;

namespace Breeze.Silo.Tests.Deployments;

/// <summary>How an agent answers an attempt; null: it says nothing more.</summary>
public delegate Result? Answering(Command command);

/// <summary>An agent without a socket: it keeps a journal of what it ran, and answers as it is told to.</summary>
public sealed class InProcessAgent : IAgentChannel
{
    private readonly AgentConnections _connections;
    private readonly DeviceId _device;
    private readonly ConcurrentDictionary<Guid, bool> _journal = new();
    private AgentConnection? _connection;

    public InProcessAgent(AgentConnections connections, DeviceId device) => (_connections, _device) = (connections, device);

    /// <summary>Completes with exit code 0 unless told otherwise.</summary>
    public Answering Answers { get; set; } = command => Completed(command);

    /// <summary>False: commands are received and not even accepted.</summary>
    public bool Accepts { get; set; } = true;

    public ConcurrentQueue<Command> Received { get; } = new();

    /// <summary>Every command it was let run, in order; a repeated id is a broken promise.</summary>
    public ConcurrentQueue<Guid> Ran { get; } = new();

    public ConcurrentQueue<Guid> Cancelled { get; } = new();

    public static Result Completed(Command command) => new(command.Id, command.Attempt, ResultStatus.Completed, 0, "done", null, 5);

    public static Result Failed(Command command, int exitCode = 1) => new(command.Id, command.Attempt, ResultStatus.Failed, exitCode, "", "it broke", 5);

    public static Result TimedOut(Command command) => new(
        command.Id, command.Attempt, ResultStatus.Failed, null, "", "The script was killed at its timeout of 60 s.", 60_000,
        System.Text.Json.JsonSerializer.SerializeToElement(new { timedOut = true }));

    public async Task Connect()
    {
        _connection = _connections.Attach(_device, this);
        await _connection.Hello(new Hello("1.0", "Debian 12", ["script:bash"]));
    }

    public async Task Disconnect()
    {
        await _connection!.Ended();
        _connection = null;
    }

    public bool TrySend(Command command)
    {
        Received.Enqueue(command);
        _ = Task.Run(() => Run(command));
        return true;
    }

    public bool TryCancel(CancelCommand cancel)
    {
        Cancelled.Enqueue(cancel.Id);
        return true;
    }

    public void Close(Reconnect goodbye) => _ = _connection?.Ended();

    /// <summary>Says a result by hand: a late one, a repeated one, a lie.</summary>
    public Task<Acknowledged> Say(Result result) => _connection!.Result(result);

    public Task<Acknowledged> Report(ReportPatches report) => _connection!.ReportPatches(report);

    /// <summary>Reports unless its connection was ended.</summary>
    public Task TryReport(ReportPatches report) => _connection?.ReportPatches(report) ?? Task.CompletedTask;

    /// <summary>Says anything at all about patches.</summary>
    public Task<Acknowledged> Report(System.Text.Json.JsonElement report) => _connection!.ReportPatches(report);

    public Task<AcceptAnswer> Accept(Command command) => _connection!.Accepted(new Accepted(command.Id, command.Attempt));

    private async Task Run(Command command)
    {
        // Into the journal first: the same command may come again while the first is still being accepted.
        if (!Accepts || _connection is not { } connection || !_journal.TryAdd(command.Id, true))
        {
            return;
        }

        if ((await connection.Accepted(new Accepted(command.Id, command.Attempt))).Proceed)
        {
            Ran.Enqueue(command.Id);
            if (Answers(command) is { } result)
            {
                await connection.Result(result);
            }
        }
    }
}
