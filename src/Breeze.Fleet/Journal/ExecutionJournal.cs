using System.Collections.Concurrent;
using System.Text.Json;
using System.Threading.Channels;

namespace Breeze.Fleet.Journal;

/// <summary>What the fleet's devices ran: the proof that no command ran twice.</summary>
/// <remarks>
/// Executions are counted where they happen, apart from the devices' own memory of what they did. A line is in the file (in the
/// operating system's hands, not synced) before its execution counts, so that killing the process loses none.
/// </remarks>
public sealed class ExecutionJournal : IAsyncDisposable
{
    private readonly ConcurrentDictionary<Guid, int> _runs = new();
    private readonly ConcurrentDictionary<Guid, Execution> _ends = new();
    private readonly Channel<(Execution Line, TaskCompletionSource Written)> _lines = Channel.CreateUnbounded<(Execution, TaskCompletionSource)>();
    private readonly FileStream? _file;
    private readonly Task _writing;

    /// <param name="path">Read first where it exists, then appended to; null for memory only.</param>
    public ExecutionJournal(string? path)
    {
        _file = path is null ? null : new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        Load();
        _writing = _file is null ? Task.CompletedTask : WriteLines();
    }

    /// <summary>Commands that were run, whether or not they ended.</summary>
    public int Count => _runs.Count;

    /// <summary>Commands that ran more than once; empty, or something is broken.</summary>
    public IReadOnlyList<Guid> RanTwice => [.. _runs.Where(run => run.Value > 1).Select(run => run.Key)];

    /// <summary>The commands that were run, by id, with how often.</summary>
    public IReadOnlyDictionary<Guid, int> Runs => _runs;

    /// <summary>A command is run now; await it before its effect.</summary>
    public Task Started(Execution execution)
    {
        _runs.AddOrUpdate(execution.CommandId, 1, (_, runs) => runs + 1);
        return Write(execution);
    }

    /// <summary>A command has its result.</summary>
    public Task Ended(Execution execution)
    {
        _ends[execution.CommandId] = execution;
        return Write(execution);
    }

    /// <summary>What is known of a command from this or an earlier process: its end, else that it started, else null.</summary>
    public (bool Started, Execution? End) Find(Guid commandId) => (_runs.ContainsKey(commandId), _ends.GetValueOrDefault(commandId));

    public async ValueTask DisposeAsync()
    {
        _lines.Writer.TryComplete();
        await _writing;
        if (_file is not null)
        {
            await _file.DisposeAsync();
        }
    }

    private Task Write(Execution line)
    {
        if (_file is null)
        {
            return Task.CompletedTask;
        }

        var written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return _lines.Writer.TryWrite((line, written)) ? written.Task : Task.CompletedTask;
    }

    private async Task WriteLines()
    {
        var batch = new List<(Execution Line, TaskCompletionSource Written)>();
        while (await _lines.Reader.WaitToReadAsync())
        {
            using var bytes = new MemoryStream();
            while (batch.Count < 1000 && _lines.Reader.TryRead(out var next))
            {
                batch.Add(next);
                bytes.Write(JsonSerializer.SerializeToUtf8Bytes(next.Line, ExecutionJson.Default.Execution));
                bytes.WriteByte((byte)'\n');
            }

            await _file!.WriteAsync(bytes.GetBuffer().AsMemory(0, (int)bytes.Length));
            batch.ForEach(line => line.Written.TrySetResult());
            batch.Clear();
        }
    }

    private void Load()
    {
        if (_file is null)
        {
            return;
        }

        using var reader = new StreamReader(_file, leaveOpen: true);
        while (reader.ReadLine() is { } line)
        {
            if (Parse(line) is not { } execution)
            {
                continue;
            }

            if (execution.Status is null)
            {
                _runs.AddOrUpdate(execution.CommandId, 1, (_, runs) => runs + 1);
            }
            else
            {
                _ends[execution.CommandId] = execution;
            }
        }

        // A line behind a torn one must not become part of it.
        if (_file.Seek(0, SeekOrigin.End) > 0)
        {
            _file.WriteByte((byte)'\n');
        }
    }

    private static Execution? Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, ExecutionJson.Default.Execution);
        }
        catch (JsonException)
        {
            // Empty, or torn when the process was killed.
            return null;
        }
    }
}
