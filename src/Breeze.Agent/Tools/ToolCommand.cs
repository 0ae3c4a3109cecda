namespace Breeze.Agent.Tools;

/// <summary>One run of one of the device's programs.</summary>
/// <param name="Program">Its usual name, or a full path.</param>
/// <param name="Arguments">Each its own; no shell reads them.</param>
/// <param name="Timeout">After it the whole process tree is killed.</param>
public sealed record ToolCommand(string Program, IReadOnlyList<string> Arguments, TimeSpan Timeout)
{
    /// <summary>Stands behind the arguments as it is, split by the program (Windows) or by the usual quoting rules (elsewhere).</summary>
    public string? RawArguments { get; init; }

    /// <summary>Null: the root folder.</summary>
    public string? Folder { get; init; }

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// A package manager in the middle of its work is not killed when the server cancels or the agent ends: it would leave a half-installed
    /// package behind. Only its timeout ends it.
    /// </summary>
    public bool IsTransaction { get; init; }
}

/// <summary>What came of a program that ran to its end.</summary>
/// <param name="ExitCode">0 is success for most.</param>
/// <param name="Output">Standard output, whole.</param>
/// <param name="Log">Both streams, at most 64 KiB, the cut marked.</param>
public sealed record ToolOutcome(int ExitCode, string Output, string Log)
{
    public bool Succeeded => ExitCode == 0;
}

/// <summary>A program of the device could not do what it was asked; the message is for whoever gave the command.</summary>
public sealed class ToolException(string message) : Exception(message);
