using Breeze.Agent.Commands;
using Breeze.Contracts.Agents;

namespace Breeze.Agent.Tests.Commands;

public sealed class CommandJournalTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Signer _signer = new();

    private string JournalPath => _folder.File("journal.log");

    public void Dispose()
    {
        _folder.Dispose();
        _signer.Dispose();
    }

    [Theory]
    [InlineData(JournalStep.Received)]
    [InlineData(JournalStep.Accepted)]
    [InlineData(JournalStep.Started)]
    [InlineData(JournalStep.Done)]
    [InlineData(JournalStep.Acknowledged)]
    public void A_command_is_read_back_in_the_step_it_had(JournalStep step)
    {
        var command = _signer.Script("echo");
        using (var journal = new CommandJournal(JournalPath))
        {
            Walk(journal, command, step);
        }

        using var again = new CommandJournal(JournalPath);
        var entry = again.Find(command.Id)!;
        Assert.Equal((step, command.Attempt, command.Sequence), (entry.Step, entry.Attempt, again.LastSequence));
        Assert.Equal(step >= JournalStep.Done ? "out" : null, entry.Result?.Output);
        Assert.Equal(step is JournalStep.Received or JournalStep.Accepted ? command.Payload : "", entry.Payload);
    }

    [Fact]
    public void Cut_at_any_byte_it_opens_with_every_whole_step_and_goes_on()
    {
        var commands = Enumerable.Range(0, 4).Select(_ => _signer.Script("echo")).ToList();
        var ends = new List<(long Length, int Steps)> { (0, 0) };
        using (var journal = new CommandJournal(JournalPath))
        {
            foreach (var (command, step) in commands.Zip([JournalStep.Acknowledged, JournalStep.Done, JournalStep.Started, JournalStep.Accepted]))
            {
                foreach (var one in Enumerable.Range(1, (int)step).Select(n => (JournalStep)n))
                {
                    WalkOne(journal, command, one);
                    ends.Add((new FileInfo(JournalPath).Length, ends.Count));
                }
            }
        }

        var whole = File.ReadAllBytes(JournalPath);
        for (var length = 0; length <= whole.Length; length += 3)
        {
            File.WriteAllBytes(JournalPath, whole[..length]);
            var kept = ends.Last(end => end.Length <= length);
            using var journal = new CommandJournal(JournalPath);
            Assert.Equal(kept.Length, new FileInfo(JournalPath).Length);
            Assert.Equal(kept.Steps, journal.Entries.Sum(entry => (int)entry.Step));
            Assert.False(journal.IsDamaged);
            journal.Receive(_signer.Script("after"));
        }
    }

    [Fact]
    public void Damage_in_the_middle_is_seen_and_the_rest_is_kept()
    {
        var first = _signer.Script("one");
        var second = _signer.Script("two");
        using (var journal = new CommandJournal(JournalPath))
        {
            journal.Receive(first);
            journal.Receive(second);
        }

        var bytes = File.ReadAllBytes(JournalPath);
        bytes[20] ^= 1;
        File.WriteAllBytes(JournalPath, bytes);
        using var again = new CommandJournal(JournalPath);
        Assert.True(again.IsDamaged);
        Assert.Equal([second.Id], again.Entries.Select(entry => entry.Id));
    }

    [Fact]
    public void A_dropped_command_is_forgotten_but_not_its_sequence()
    {
        var command = _signer.Script("echo");
        using (var journal = new CommandJournal(JournalPath))
        {
            journal.Receive(command);
            journal.Record(command.Id, JournalStep.Dropped);
            journal.Compact();
        }

        using var again = new CommandJournal(JournalPath);
        Assert.Empty(again.Entries);
        Assert.Equal(command.Sequence, again.LastSequence);
    }

    [Fact]
    public void Compacting_keeps_what_is_open_and_the_latest_results_and_bounds_the_file()
    {
        var open = _signer.Script("open");
        var last = new List<Command>();
        using (var journal = new CommandJournal(JournalPath, compactAbove: 64 * 1024))
        {
            journal.Receive(open);
            for (var i = 0; i < 300; i++)
            {
                var command = _signer.Script("echo");
                last.Add(command);
                Walk(journal, command, JournalStep.Acknowledged);
            }
        }

        using var again = new CommandJournal(JournalPath);
        Assert.Equal(JournalStep.Received, again.Find(open.Id)!.Step);
        Assert.Equal("out", again.Find(last[^1].Id)!.Result!.Output);
        Assert.Equal(ResultStatus.Completed, again.Find(last[0].Id)!.Result!.Status);
        Assert.Null(again.Find(last[0].Id)!.Result!.Output);
        Assert.Equal(last[^1].Sequence, again.LastSequence);
        Assert.InRange(new FileInfo(JournalPath).Length, 1, 512 * 1024);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    [InlineData(100)]
    public void A_full_disk_refuses_the_step_and_loses_nothing(int roomFor)
    {
        var stream = new FullStream();
        var first = _signer.Script("one");
        var second = _signer.Script("two");
        var third = _signer.Script("three");
        using var journal = new CommandJournal(new JournalFile(JournalPath, (_, _) => stream));
        journal.Receive(first);
        stream.Room = stream.Length + roomFor;
        Assert.Throws<IOException>(() => journal.Receive(second));
        Assert.Null(journal.Find(second.Id));
        stream.Room = long.MaxValue;
        journal.Receive(third);
        using var again = new CommandJournal(new JournalFile(JournalPath, (_, _) => Copy(stream)));
        Assert.Equal([first.Id, third.Id], again.Entries.Select(entry => entry.Id));
        Assert.False(again.IsDamaged);
    }

    private static MemoryStream Copy(MemoryStream stream)
    {
        var copy = new MemoryStream();
        copy.Write(stream.ToArray());
        return copy;
    }

    private static void Walk(CommandJournal journal, Command command, JournalStep to)
    {
        foreach (var step in Enumerable.Range(1, (int)to).Select(n => (JournalStep)n))
        {
            WalkOne(journal, command, step);
        }
    }

    private static void WalkOne(CommandJournal journal, Command command, JournalStep step)
    {
        if (step == JournalStep.Received)
        {
            journal.Receive(command);
        }
        else
        {
            journal.Record(command.Id, step, step == JournalStep.Done ? new Result(command.Id, 1, ResultStatus.Completed, 0, "out") : null);
        }
    }

    /// <summary>A disk with only so much room; it takes what fits of a write before it fails.</summary>
    private sealed class FullStream : MemoryStream
    {
        public long Room { get; set; } = long.MaxValue;

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            base.Write(buffer[..(int)Math.Min(buffer.Length, Math.Max(0, Room - Position))]);
            if (Position >= Room)
            {
                throw new IOException("No space left on device");
            }
        }
    }
}
