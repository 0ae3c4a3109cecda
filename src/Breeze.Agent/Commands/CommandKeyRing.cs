using System.Security.Cryptography;
using Breeze.Contracts.Agents;

namespace Breeze.Agent.Commands;

/// <summary>The pinned keys: only what one of them signed is run.</summary>
public sealed class CommandKeyRing : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (CommandKey Key, ECDsa Verifier)> _keys = [];

    /// <summary>Pins keys that came over a trusted way: the answer to an enrolment, or the agent's own file.</summary>
    public CommandKeyRing(IEnumerable<CommandKey> pinned)
    {
        foreach (var key in pinned)
        {
            Add(key);
        }
    }

    /// <summary>What to write to disk, so that a learned key survives a restart.</summary>
    public IReadOnlyList<CommandKey> Keys
    {
        get
        {
            lock (_lock)
            {
                return [.. _keys.Values.Select(pinned => pinned.Key)];
            }
        }
    }

    /// <summary>Takes over keys that one already pinned vouches for, in whatever order they come; the others are ignored.</summary>
    /// <returns>True when a key was added.</returns>
    public bool Learn(IReadOnlyList<CommandKey> offered)
    {
        lock (_lock)
        {
            var before = _keys.Count;
            // A chain of two rotations may name the newest first.
            while (offered.FirstOrDefault(key => !_keys.ContainsKey(key.Id) && IsVouchedFor(key)) is { } next && Add(next))
            {
            }

            return _keys.Count > before;
        }
    }

    /// <summary>True when a pinned key signed exactly this command for this device.</summary>
    public bool Signed(Command command, Guid deviceId)
    {
        lock (_lock)
        {
            return _keys.TryGetValue(command.KeyId, out var pinned) && CommandSignature.Verify(command, deviceId, pinned.Verifier);
        }
    }

    public bool Holds(string keyId)
    {
        lock (_lock)
        {
            return _keys.ContainsKey(keyId);
        }
    }

    public void Dispose()
    {
        foreach (var (_, verifier) in _keys.Values)
        {
            verifier.Dispose();
        }
    }

    private bool IsVouchedFor(CommandKey key) =>
        key.SignedBy is { } earlier && _keys.TryGetValue(earlier, out var pinned)
        && CommandSignature.VerifyKey(key, pinned.Verifier) && CanImport(key);

    private bool Add(CommandKey key)
    {
        _keys[key.Id] = (key, CommandSignature.Import(key));
        return true;
    }

    private static bool CanImport(CommandKey key)
    {
        try
        {
            using var verifier = CommandSignature.Import(key);
            // An id that is not its key's own could take the place of another key.
            return CommandSignature.PublicKey(verifier).Id == key.Id;
        }
        catch (Exception e) when (e is CryptographicException or FormatException)
        {
            return false;
        }
    }
}
