using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Breeze.Contracts.Agents;

namespace Breeze.Agent.Commands;

/// <summary>What happened to a command, in the order in which it can.</summary>
[JsonConverter(typeof(SnakeCaseEnum<JournalStep>))]
public enum JournalStep
{
    /// <summary>Verified and kept; not to be run before the server says so.</summary>
    Received = 1,

    /// <summary>The server said: proceed.</summary>
    Accepted = 2,

    /// <summary>It may have had an effect from here on.</summary>
    Started = 3,

    /// <summary>It has a result.</summary>
    Done = 4,

    /// <summary>The server has the result.</summary>
    Acknowledged = 5,

    /// <summary>The server withdrew it before it ran; forgotten.</summary>
    Dropped = 6,

    /// <summary>No command: the highest sequence seen, first line of a compacted journal.</summary>
    Sequence = 7,
}

/// <summary>One line of the journal: eight hex digits of its hash, a space, JSON.</summary>
/// <param name="Step">What happened.</param>
/// <param name="Id">To which command.</param>
/// <param name="Type">With received: the command's type.</param>
/// <param name="Payload">With received: what to run, since it may have to wait for its turn across a restart.</param>
/// <param name="Attempt">With received and done: the attempt, echoed in the result.</param>
/// <param name="Sequence">With received and sequence.</param>
/// <param name="Result">With done.</param>
public sealed record JournalLine(
    JournalStep Step,
    Guid Id,
    string? Type = null,
    string? Payload = null,
    int? Attempt = null,
    long? Sequence = null,
    Result? Result = null)
{
    private const int HashLength = 8;

    /// <summary>The line as bytes, line feed included.</summary>
    public byte[] ToBytes()
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(this, JournalJson.Default.JournalLine);
        return [.. Encoding.ASCII.GetBytes(Hash(json)), (byte)' ', .. json, (byte)'\n'];
    }

    /// <summary>The line read back; null when it is torn or damaged.</summary>
    /// <param name="bytes">Without the line feed.</param>
    public static JournalLine? Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length <= HashLength + 1 || !Encoding.ASCII.GetBytes(Hash(bytes[(HashLength + 1)..])).AsSpan().SequenceEqual(bytes[..HashLength]))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(bytes[(HashLength + 1)..], JournalJson.Default.JournalLine);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Hash(ReadOnlySpan<byte> json) => Convert.ToHexStringLower(SHA256.HashData(json))[..HashLength];
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(JournalLine))]
internal sealed partial class JournalJson : JsonSerializerContext;
