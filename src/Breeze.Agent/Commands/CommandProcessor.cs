using System.Threading.Channels;
using Breeze.Agent.Connection;
using Breeze.Contracts.Agents;
using Microsoft.Extensions.Logging;

namespace Breeze.Agent.Commands;

/// <summary>Takes commands, runs each at most once and one at a time, and reports each result until the server has it.</summary>
/// <remarks>
/// One inbox, one reader: everything that happens is a step in it, so neither the journal nor the queue knows a second thread. A command
/// runs only after three things are durable: here that it was received, at the server that it was accepted, here that it starts.
/// </remarks>
public sealed partial class CommandProcessor : IDisposable
{
    private readonly Channel<Action> _inbox = Channel.CreateUnbounded<Action>(new UnboundedChannelOptions { SingleReader = true });
    private readonly CommandJournal _journal;
    private readonly CommandVerifier _verifier;
    private readonly ServerClock _clock;
    private readonly CommandRunner _runner;
    private readonly ResultOutbox _outbox;
    private readonly ILogger<CommandProcessor> _logger;

    public CommandProcessor(
        CommandJournal journal, CommandVerifier verifier, CommandRunner runner, TimeProvider time, ILogger<CommandProcessor> logger)
    {
        _journal = journal;
        _verifier = verifier;
        _clock = new ServerClock(time);
        _runner = runner;
        _outbox = new ResultOutbox(step => _inbox.Writer.TryWrite(step), time);
        _logger = logger;
    }

    /// <summary>A server is there: it gets every result it does not have yet, and is asked about every command that waits for it.</summary>
    public void Connected(IServerLink link, DateTimeOffset serverTime) => Post(() =>
    {
        _clock.Set(serverTime);
        _outbox.Connected(link);
        _runner.Reports.Connected(link);
        foreach (var entry in _journal.Entries.Where(entry => entry.Step != JournalStep.Acknowledged).ToList())
        {
            Continue(entry);
        }
    });

    public void Disconnected() => Post(() =>
    {
        _outbox.Disconnected();
        _runner.Reports.Disconnected();
    });

    public void Received(Command command) => Post(() => Take(command));

    public void Cancelled(Guid commandId) => Post(() => Cancel(commandId));

    /// <summary>Works until stopped; a script that runs then is killed and reported as interrupted at the next start.</summary>
    public async Task Run(CancellationToken stopped)
    {
        Recover();
        try
        {
            await foreach (var step in _inbox.Reader.ReadAllAsync(stopped))
            {
                step();
                RetryUnjournaled();
            }
        }
        catch (OperationCanceledException) when (stopped.IsCancellationRequested)
        {
            // Asked to stop.
        }

        await StopRunning();
    }

    public void Dispose() => _outbox.Dispose();

    private void Post(Action step) => _inbox.Writer.TryWrite(step);

    private void Take(Command command)
    {
        var known = _journal.Find(command.Id);
        if (_verifier.Refuse(command, known is not null, _journal.LastSequence, _clock.Now) is { } refusal)
        {
            Refuse(command, refusal);
        }
        else if (known is not null)
        {
            LogRepeated(command.Id, known.Step);
            Continue(known);
        }
        else if (TryReceive(command) is { } entry)
        {
            LogReceived(command.Id, command.Type, command.Attempt);
            if (_runner.Refusal(command) is { } reason)
            {
                Finish(entry, new Result(entry.Id, entry.Attempt, ResultStatus.Rejected, Error: reason));
            }
            else
            {
                Continue(entry);
            }
        }
    }

    // The next thing to do for a command, whatever brought us here: a connection, a repeat, its first coming.
    private void Continue(JournalEntry entry)
    {
        if ((_unjournaled.GetValueOrDefault(entry.Id) ?? entry.Result) is { } result)
        {
            _outbox.Report(result, answer => Acknowledge(entry, answer));
        }
        else if (entry.Step == JournalStep.Received || _recovered.Contains(entry.Id))
        {
            // Whether it is still wanted after however long only the server can tell; its answer is committed before it is given.
            _outbox.Ask(new Accepted(entry.Id, entry.Attempt), answer => Proceed(entry, answer.Proceed));
        }
    }

    private void Refuse(Command command, CommandRefusal refusal)
    {
        LogRefused(command.Id, refusal);
        // What expired on its way is renewed by the server and comes again; a refusal would end it.
        if (refusal != CommandRefusal.Expired && _journal.Find(command.Id) is null)
        {
            _outbox.Report(new Result(command.Id, command.Attempt, ResultStatus.Rejected, Error: CommandVerifier.Sentence(refusal)), _ => { });
        }
    }

    private JournalEntry? TryReceive(Command command)
    {
        try
        {
            return _journal.Receive(command);
        }
        catch (IOException e)
        {
            LogJournalFailed(command.Id, e.Message);
            var result = new Result(command.Id, command.Attempt, ResultStatus.Rejected, Error: NoJournal(e));
            _outbox.Report(result, _ => { });
            return null;
        }
    }

    private void Proceed(JournalEntry entry, bool proceed)
    {
        var recovered = _recovered.Remove(entry.Id) && entry.Step == JournalStep.Accepted;
        if (entry.Step != JournalStep.Received && !recovered)
        {
            return;
        }

        try
        {
            // A recovered one is accepted in the journal already.
            if (!proceed || !recovered)
            {
                _journal.Record(entry.Id, proceed ? JournalStep.Accepted : JournalStep.Dropped);
            }
        }
        catch (IOException e)
        {
            LogJournalFailed(entry.Id, e.Message);
            Finish(entry, new Result(entry.Id, entry.Attempt, ResultStatus.Rejected, Error: NoJournal(e)));
            return;
        }

        if (proceed)
        {
            _queue.Enqueue(entry, entry.Sequence);
            StartNext();
        }
        else
        {
            LogWithdrawn(entry.Id);
        }
    }

    private void Acknowledge(JournalEntry entry, Acknowledged answer)
    {
        if (answer.Refused is { } reason)
        {
            // It never will be taken: asking again would be for nothing.
            LogNotTaken(entry.Id, reason);
        }
        else
        {
            LogAcknowledged(entry.Id);
        }

        TryRecord(entry, JournalStep.Acknowledged, from: JournalStep.Done);
    }

    private static string NoJournal(IOException e) => $"The agent's journal cannot be written, so the command was not run: {e.Message}";
}
