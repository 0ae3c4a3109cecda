using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Breeze.Contracts.Deployments;

namespace Breeze.Core.Deployments;

/// <summary>Makes failures that say the same thing countable together: what differs by device (numbers, ids, paths' digits) is blanked.</summary>
public static partial class FailureText
{
    private const int LineLimit = 200;

    /// <summary>A key of at most 40 characters, the same for the same kind, exit code and normalised text.</summary>
    public static string Key(FailureKind kind, int? exitCode, string? error, string? output)
    {
        var text = Normalise(LastLine(Said(kind, error, output)));
        var digest = SHA256.HashData(Encoding.UTF8.GetBytes($"{(int)kind}|{exitCode?.ToString(CultureInfo.InvariantCulture)}|{text}"));
        return Convert.ToHexStringLower(digest.AsSpan(0, 16));
    }

    /// <summary>The text that tells most. Of a script that ended with a code it is what the script said: the error only repeats the code.</summary>
    public static string Said(FailureKind kind, string? error, string? output)
    {
        var (first, second) = kind == FailureKind.ExitCode ? (output, error) : (error, output);
        return string.IsNullOrWhiteSpace(first) ? second ?? string.Empty : first;
    }

    /// <summary>Lower case, with GUIDs, hexadecimal runs and numbers replaced, white space folded.</summary>
    public static string Normalise(string line)
    {
        var blanked = Varying().Replace(line.ToLowerInvariant(), "#");
        return Spaces().Replace(blanked, " ").Trim();
    }

    private static string LastLine(string text)
    {
        var end = text.AsSpan().TrimEnd();
        var line = end[(end.LastIndexOf('\n') + 1)..].Trim();
        return new string(line.Length > LineLimit ? line[..LineLimit] : line);
    }

    [GeneratedRegex(@"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|0x[0-9a-f]+|[0-9]+", RegexOptions.NonBacktracking)]
    private static partial Regex Varying();

    [GeneratedRegex(@"\s+", RegexOptions.NonBacktracking)]
    private static partial Regex Spaces();
}
