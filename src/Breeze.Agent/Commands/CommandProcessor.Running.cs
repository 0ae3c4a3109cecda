using Breeze.Agent.Scripts;
using Breeze.Contracts.Agents;

namespace Breeze.Agent.Commands;

/// <summary>One command at a time, in the order of their sequences; and what an earlier process left behind.</summary>
public sealed partial class CommandProcessor
{
    private readonly PriorityQueue<JournalEntry, long> _queue = new();

    // Accepted in an earlier process and not started: the server is asked again whether they are still wanted.
    private readonly HashSet<Guid> _recovered = [];

    // Results that the disk had no room for: sent like the others, written as soon as there is room.
    private readonly Dictionary<Guid, Result> _unjournaled = [];
    private (JournalEntry Entry, Task<Result> Work, CancellationTokenSource Cancel)? _running;

    private void StartNext()
    {
        while (_running is null && _queue.TryDequeue(out var entry, out _))
        {
            if (entry.Step == JournalStep.Accepted && !_unjournaled.ContainsKey(entry.Id))
            {
                Start(entry);
            }
        }
    }

    private void Start(JournalEntry entry)
    {
        var payload = entry.Payload;
        try
        {
            _journal.Record(entry.Id, JournalStep.Started);
        }
        catch (IOException e)
        {
            LogJournalFailed(entry.Id, e.Message);
            Finish(entry, new Result(entry.Id, entry.Attempt, ResultStatus.Rejected, Error: NoJournal(e)));
            return;
        }

        LogStarted(entry.Id, entry.Attempt);
        var cancel = new CancellationTokenSource();
        _running = (entry, RunToEnd(entry, payload, cancel.Token), cancel);
    }

    private async Task<Result> RunToEnd(JournalEntry entry, string payload, CancellationToken cancelled)
    {
        var result = await ResultOf(entry, payload, cancelled);
        Post(() => End(entry, result));
        return result;
    }

    private void End(JournalEntry entry, Result result)
    {
        _running?.Cancel.Dispose();
        _running = null;
        Finish(entry, result);
        StartNext();
    }

    private void Cancel(Guid id)
    {
        if (_running is { } running && running.Entry.Id == id)
        {
            LogCancelled(id);
            running.Cancel.Cancel();
        }
        else if (_journal.Find(id) is { Step: JournalStep.Received } received)
        {
            // Not accepted: the server has withdrawn it and waits for nothing.
            LogWithdrawn(id);
            TryRecord(received, JournalStep.Dropped, from: JournalStep.Received);
        }
        else if (_journal.Find(id) is { Step: JournalStep.Accepted } queued)
        {
            LogCancelled(id);
            Finish(queued, new Result(id, queued.Attempt, ResultStatus.Failed, Error: "The server cancelled the command before it started."));
        }
    }

    private void Finish(JournalEntry entry, Result result)
    {
        LogFinished(entry.Id, result.Status, result.ExitCode);
        if (!TryRecord(entry, JournalStep.Done, entry.Step, result))
        {
            _unjournaled[entry.Id] = result;
        }

        _outbox.Report(result, answer => Acknowledge(entry, answer));
    }

    private bool TryRecord(JournalEntry entry, JournalStep step, JournalStep from, Result? result = null)
    {
        if (entry.Step != from)
        {
            return true;
        }

        try
        {
            _journal.Record(entry.Id, step, result);
            return true;
        }
        catch (IOException e)
        {
            LogJournalFailed(entry.Id, e.Message);
            return false;
        }
    }

    private void RetryUnjournaled()
    {
        foreach (var (id, result) in _unjournaled.ToList())
        {
            var entry = _journal.Find(id);
            if (entry is null || TryRecord(entry, JournalStep.Done, entry.Step, result))
            {
                _unjournaled.Remove(id);
            }
        }
    }

    // What started in an earlier process may have had its effect: it is never run again. What is left of it must not go on unseen.
    private void Recover()
    {
        if (_journal.IsDamaged)
        {
            LogDamaged();
        }

        foreach (var entry in _journal.Entries.Where(entry => entry.IsOpen).ToList())
        {
            if (entry.Step == JournalStep.Started || _journal.IsDamaged)
            {
                ProcessTree.KillMarked(entry.Id);
                Finish(entry, Interrupted(entry, "The agent ended while the command was running."));
            }
            else if (entry.Step == JournalStep.Accepted)
            {
                _recovered.Add(entry.Id);
            }
        }

        _journal.Compact();
    }

    private async Task StopRunning()
    {
        if (_running is { } running)
        {
            await running.Cancel.CancelAsync();
            var result = await running.Work;
            // What ended by itself in the last moment has its own result, and so has what tells of its parts.
            Finish(running.Entry, result is { ExitCode: null, Data: null, Status: not ResultStatus.Completed }
                ? Interrupted(running.Entry, "The agent was stopped while the command was running.") with { Output = result.Output, DurationMs = result.DurationMs }
                : result);
            running.Cancel.Dispose();
        }
    }

    private async Task<Result> ResultOf(JournalEntry entry, string payload, CancellationToken cancelled)
    {
        try
        {
            return await _runner.Run(entry, payload, cancelled);
        }
        catch (Exception e)
        {
            // A bug of ours must not leave the server without an answer.
            LogBroken(entry.Id, e);
            return new Result(entry.Id, entry.Attempt, ResultStatus.Failed, Error: "The agent failed while it ran the command.");
        }
    }

    private static Result Interrupted(JournalEntry entry, string error) =>
        new(entry.Id, entry.Attempt, ResultStatus.Interrupted, Error: error);
}
