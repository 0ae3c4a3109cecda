using Breeze.Contracts.Agents;

namespace Breeze.Agent.Commands;

/// <summary>One command as the journal knows it.</summary>
public sealed class JournalEntry(Guid id, string type, string payload, int attempt, long sequence)
{
    public Guid Id { get; } = id;
    public string Type { get; } = type;
    public int Attempt { get; } = attempt;
    public long Sequence { get; } = sequence;

    /// <summary>Empty once it has started: nobody needs it again.</summary>
    public string Payload { get; private set; } = payload;

    public JournalStep Step { get; private set; } = JournalStep.Received;

    /// <summary>Null until it is done.</summary>
    public Result? Result { get; private set; }

    public bool IsOpen => Step is JournalStep.Received or JournalStep.Accepted or JournalStep.Started;

    /// <summary>Takes over what a line says.</summary>
    public void Apply(JournalLine line)
    {
        Step = line.Step;
        Result = line.Result ?? Result;
        Payload = Step is JournalStep.Received or JournalStep.Accepted ? Payload : "";
    }

    /// <summary>Forgets the output of a result that the server has; the answer to a repeat still tells how it ended.</summary>
    public void Trim() => Result = Result is null ? null : Result with { Output = null, Data = null };

    /// <summary>The lines from which this entry can be read back.</summary>
    public IEnumerable<JournalLine> Lines()
    {
        yield return new JournalLine(JournalStep.Received, Id, Type, Payload, Attempt, Sequence);
        switch (Step)
        {
            case JournalStep.Acknowledged:
                yield return new JournalLine(JournalStep.Done, Id, Result: Result);
                yield return new JournalLine(JournalStep.Acknowledged, Id);
                break;
            case JournalStep.Accepted or JournalStep.Started or JournalStep.Done:
                yield return new JournalLine(Step, Id, Result: Result);
                break;
        }
    }
}
