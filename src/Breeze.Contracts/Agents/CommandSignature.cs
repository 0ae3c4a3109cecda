using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Breeze.Contracts.Agents;

/// <summary>The exact bytes that the server signs and the agent verifies.</summary>
/// <remarks>
/// Lines of UTF-8, each ended by a line feed: <c>breeze-command-v1</c>, id, deviceId, type, attempt, sequence, issuedAt, expiresAt, keyId,
/// SHA-256 of the payload's UTF-8. Ids in lower-case 8-4-4-4-12 form, numbers in decimal, times as <c>2026-01-31T23:59:59.123Z</c> (UTC,
/// milliseconds), hashes in lower-case hex. Signatures are ECDSA P-256 over SHA-256 in IEEE P1363 form (r and s, 64 bytes), base64.
/// </remarks>
public static class CommandSignature
{
    public const string Algorithm = "ecdsa-p256-sha256";

    private const string CommandHeader = "breeze-command-v1";
    private const string KeyHeader = "breeze-command-key-v1";
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    /// <summary>What a command's signature covers; <see cref="Command.Signature"/> itself is not part of it.</summary>
    /// <exception cref="ArgumentException">A text member holds a line feed or carriage return.</exception>
    public static byte[] Bytes(Command command, Guid deviceId) => Lines(
        CommandHeader,
        command.Id.ToString(),
        deviceId.ToString(),
        command.Type,
        command.Attempt.ToString(CultureInfo.InvariantCulture),
        command.Sequence.ToString(CultureInfo.InvariantCulture),
        Time(command.IssuedAt),
        Time(command.ExpiresAt),
        command.KeyId,
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(command.Payload))));

    /// <summary>What a key's <see cref="CommandKey.Signature"/> covers: the statement of an earlier key that this one follows it.</summary>
    public static byte[] KeyBytes(CommandKey key) => Lines(KeyHeader, key.Id, key.Algorithm, key.PublicKey, key.SignedBy ?? "");

    /// <summary>The command with its signature; <see cref="Command.KeyId"/> must already name the key.</summary>
    public static Command Sign(Command unsigned, Guid deviceId, ECDsa key) =>
        unsigned with { Signature = Convert.ToBase64String(key.SignData(Bytes(unsigned, deviceId), HashAlgorithmName.SHA256)) };

    /// <summary>True when the key signed exactly this command for this device. Malformed text answers false, it does not throw.</summary>
    public static bool Verify(Command command, Guid deviceId, ECDsa key) =>
        !HasLineBreak(command.Type) && !HasLineBreak(command.KeyId) && Verified(command.Signature, () => Bytes(command, deviceId), key);

    /// <summary>The key with the statement of an earlier key that vouches for it.</summary>
    public static CommandKey SignKey(CommandKey key, string signedBy, ECDsa earlier)
    {
        var statement = key with { SignedBy = signedBy };
        return statement with { Signature = Convert.ToBase64String(earlier.SignData(KeyBytes(statement), HashAlgorithmName.SHA256)) };
    }

    /// <summary>True when the earlier key vouches for this one. The caller has looked the earlier key up by <see cref="CommandKey.SignedBy"/>.</summary>
    public static bool VerifyKey(CommandKey key, ECDsa earlier) =>
        new[] { key.Id, key.Algorithm, key.PublicKey, key.SignedBy ?? "" }.All(text => !HasLineBreak(text))
        && Verified(key.Signature, () => KeyBytes(key), earlier);

    /// <summary>The public form of a key, its id derived from its bytes.</summary>
    public static CommandKey PublicKey(ECDsa key)
    {
        var bytes = key.ExportSubjectPublicKeyInfo();
        return new(Convert.ToHexStringLower(SHA256.HashData(bytes))[..16], Algorithm, Convert.ToBase64String(bytes));
    }

    /// <summary>A verifier for a pinned key; the caller disposes it.</summary>
    /// <exception cref="CryptographicException">It is not a P-256 key.</exception>
    /// <exception cref="FormatException">It is not base64.</exception>
    public static ECDsa Import(CommandKey key)
    {
        if (key.Algorithm != Algorithm)
        {
            throw new CryptographicException($"Unknown algorithm {key.Algorithm}.");
        }

        var ecdsa = ECDsa.Create();
        try
        {
            ecdsa.ImportSubjectPublicKeyInfo(Convert.FromBase64String(key.PublicKey), out _);
            return ecdsa.KeySize == 256 ? ecdsa : throw new CryptographicException("The key is not on P-256.");
        }
        catch
        {
            ecdsa.Dispose();
            throw;
        }
    }

    /// <summary>The time as it is signed: whole milliseconds.</summary>
    public static DateTimeOffset Truncate(DateTimeOffset time) => DateTimeOffset.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds());

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);

    private static bool Verified(string? signature, Func<byte[]> bytes, ECDsa key) =>
        signature is not null && Base64.IsValid(signature) && key.VerifyData(bytes(), Convert.FromBase64String(signature), HashAlgorithmName.SHA256);

    private static bool HasLineBreak(string text) => text.AsSpan().IndexOfAny('\n', '\r') >= 0;

    // A line break inside a member would let two different commands share their bytes.
    private static byte[] Lines(params ReadOnlySpan<string> lines)
    {
        var text = new StringBuilder(400);
        foreach (var line in lines)
        {
            if (HasLineBreak(line))
            {
                throw new ArgumentException("A signed member holds a line break.", nameof(lines));
            }

            text.Append(line).Append('\n');
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }
}
