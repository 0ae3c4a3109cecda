using Breeze.Contracts.Agents;

namespace Breeze.Agent.Commands;

/// <summary>What this device knows about every command it took; each step is on the disk before it takes effect.</summary>
/// <remarks>
/// Not for several threads: the processor owns it. A torn last line is a step that never took effect and is cut off. A damaged line
/// elsewhere may hide that a command started, so nothing open is run after it: <see cref="IsDamaged"/>.
/// </remarks>
public sealed class CommandJournal : IDisposable
{
    /// <summary>The latest acknowledged results that keep their output.</summary>
    public const int KeptWhole = 100;

    /// <summary>The latest acknowledged commands that are remembered at all.</summary>
    public const int Remembered = 10_000;

    private readonly JournalFile _file;
    private readonly long _compactAbove;
    private readonly Dictionary<Guid, JournalEntry> _entries = [];
    private readonly Queue<Guid> _acknowledged = new();
    private long _compactedLength;

    /// <param name="path">The journal's file; made when it is missing.</param>
    /// <param name="compactAbove">Bytes that the file may grow by before it is compacted.</param>
    /// <exception cref="IOException">It cannot be read or written, or another agent has it open.</exception>
    public CommandJournal(string path, long compactAbove = 4 * 1024 * 1024)
        : this(new JournalFile(path), compactAbove)
    {
    }

    /// <summary>Over a file that was opened another way.</summary>
    public CommandJournal(JournalFile file, long compactAbove = 4 * 1024 * 1024)
    {
        _file = file;
        _compactAbove = compactAbove;
        Load();
    }

    /// <summary>The highest sequence ever journaled; 0 when none was.</summary>
    public long LastSequence { get; private set; }

    /// <summary>A line that is not the last one could not be read.</summary>
    public bool IsDamaged { get; private set; }

    public IReadOnlyCollection<JournalEntry> Entries => _entries.Values;

    public JournalEntry? Find(Guid id) => _entries.GetValueOrDefault(id);

    /// <summary>Keeps a verified command.</summary>
    /// <exception cref="IOException">It is not kept; nothing changed.</exception>
    public JournalEntry Receive(Command command)
    {
        Write(new JournalLine(JournalStep.Received, command.Id, command.Type, command.Payload, command.Attempt, command.Sequence));
        return _entries[command.Id];
    }

    /// <summary>Records a step of a kept command.</summary>
    /// <exception cref="IOException">It is not recorded; nothing changed.</exception>
    public void Record(Guid id, JournalStep step, Result? result = null) => Write(new JournalLine(step, id, Result: result));

    /// <summary>Rewrites the file without what nobody needs any more. A full disk only postpones it.</summary>
    public void Compact()
    {
        try
        {
            // Entries first known first: the order of acknowledgements must survive, for it decides what is forgotten.
            var order = _acknowledged.Select(id => _entries[id]).Concat(_entries.Values.Where(entry => entry.Step != JournalStep.Acknowledged));
            var lines = order.SelectMany(entry => entry.Lines()).Prepend(new JournalLine(JournalStep.Sequence, Guid.Empty, Sequence: LastSequence));
            _file.Replace([.. lines.SelectMany(line => line.ToBytes())]);
        }
        catch (IOException)
        {
            // No room for a second file: the old one still tells everything, and more.
        }

        _compactedLength = _file.Length;
    }

    public void Dispose() => _file.Dispose();

    private void Write(JournalLine line)
    {
        _file.Append(line.ToBytes());
        Apply(line);
        if (_file.Length - _compactedLength > _compactAbove)
        {
            Compact();
        }
    }

    private void Load()
    {
        var bytes = _file.ReadAll();
        var good = 0;
        var bad = false;
        for (var start = 0; start < bytes.Length;)
        {
            var length = bytes.AsSpan(start).IndexOf((byte)'\n');
            var line = length < 0 ? null : JournalLine.Parse(bytes.AsSpan(start, length));
            start = length < 0 ? bytes.Length : start + length + 1;
            if (line is null)
            {
                bad = true;
                continue;
            }

            // Only a bad line with a good one behind it is damage; a bad end was torn by a crash.
            IsDamaged |= bad;
            good = start;
            Apply(line);
        }

        if (good < bytes.Length)
        {
            _file.Truncate(good);
        }

        _compactedLength = _file.Length;
    }

    private void Apply(JournalLine line)
    {
        LastSequence = Math.Max(LastSequence, line.Sequence ?? 0);
        switch (line.Step)
        {
            case JournalStep.Sequence:
                break;
            case JournalStep.Received:
                _entries.TryAdd(line.Id, new JournalEntry(line.Id, line.Type ?? "", line.Payload ?? "", line.Attempt ?? 0, line.Sequence ?? 0));
                break;
            case JournalStep.Dropped:
                if (_entries.Remove(line.Id, out var dropped))
                {
                    dropped.Apply(line);
                }

                break;
            default:
                if (_entries.TryGetValue(line.Id, out var entry))
                {
                    entry.Apply(line);
                    Forget(line);
                }

                break;
        }
    }

    private void Forget(JournalLine line)
    {
        if (line.Step != JournalStep.Acknowledged)
        {
            return;
        }

        _acknowledged.Enqueue(line.Id);
        if (_acknowledged.Count > KeptWhole)
        {
            _entries.GetValueOrDefault(_acknowledged.ElementAt(_acknowledged.Count - KeptWhole - 1))?.Trim();
        }

        if (_acknowledged.Count > Remembered)
        {
            _entries.Remove(_acknowledged.Dequeue());
        }
    }
}
