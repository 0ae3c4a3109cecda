using Breeze.Contracts.Agents;

namespace Breeze.Agent.Scripts;

/// <summary>One run of one script.</summary>
/// <param name="CommandId">The command that asked for it; names its folder and marks its processes.</param>
/// <param name="Language">Decides who interprets it.</param>
/// <param name="Content">The script itself, written to a file and never joined with anything.</param>
/// <param name="Parameters">Set as environment variables of the same names.</param>
/// <param name="Timeout">After it the whole process tree is killed.</param>
public sealed record ScriptRequest(
    Guid CommandId,
    ScriptLanguage Language,
    string Content,
    IReadOnlyDictionary<string, string> Parameters,
    TimeSpan Timeout);

/// <summary>How a script's run ended.</summary>
public enum ScriptEnd
{
    /// <summary>It ran to its end; the exit code tells how well.</summary>
    Exited,

    /// <summary>It was killed at its timeout.</summary>
    TimedOut,

    /// <summary>It was killed because the server withdrew it.</summary>
    Cancelled,

    /// <summary>Nothing was run: language, parameters, file or interpreter did not allow it.</summary>
    NotStarted,
}

/// <summary>What came of a script.</summary>
/// <param name="End">How it ended.</param>
/// <param name="ExitCode">Null unless it exited by itself.</param>
/// <param name="Output">What it printed on both streams, at most 64 KiB.</param>
/// <param name="Error">A sentence; null when it exited with 0.</param>
/// <param name="Duration">From start to end; zero when nothing was run.</param>
public sealed record ScriptOutcome(ScriptEnd End, int? ExitCode, string Output, string? Error, TimeSpan Duration)
{
    public static ScriptOutcome NotStarted(string error) => new(ScriptEnd.NotStarted, null, "", error, TimeSpan.Zero);
}
