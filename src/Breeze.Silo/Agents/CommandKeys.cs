using System.Security.Cryptography;
using System.Text.Json;
using Breeze.Contracts;
using Breeze.Contracts.Agents;

namespace Breeze.Silo.Agents;

/// <summary>The keys that sign commands: a file only its owner can read, newest last, each vouched for by the one before it.</summary>
/// <remarks>
/// All keys are announced, so that an agent that was away during a rotation can follow the chain. A connection is signed for with the key
/// that was newest at its Hello, for it knows no later one.
/// </remarks>
public sealed class CommandKeys : IDisposable
{
    private const int MostTries = 100;
    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(50);

    private readonly Lock _lock = new();
    private readonly string _path;
    private readonly List<CommandSigner> _retired = [];
    private volatile Ring _ring;

    /// <summary>Reads the file; makes it, with a first key, when it is not there.</summary>
    /// <exception cref="InvalidDataException">The file is there and is not one of ours, or its keys do not follow each other.</exception>
    public CommandKeys(string path)
    {
        _path = path;
        _ring = Load(path) ?? Create();
    }

    /// <summary>All keys, oldest first.</summary>
    public IReadOnlyList<CommandKey> Public => _ring.Public;

    /// <summary>The newest key.</summary>
    public CommandSigner Current => _ring.Signer;

    /// <summary>Adds a key, vouched for by the newest one. Agents learn it at their next Hello.</summary>
    /// <exception cref="IOException">Another silo that shares the file held it for too long; nothing was changed.</exception>
    public async Task<CommandKey> Rotate(CancellationToken cancel)
    {
        using var held = await HoldFile(cancel);
        lock (_lock)
        {
            // A file that was deleted under the silo comes back whole.
            Use(Add(Read(_path) is { } stored && Follows(stored) ? stored : _ring.Stored, overwrite: true));
            return Current.Key;
        }
    }

    /// <summary>Takes over what another silo that shares the file has added.</summary>
    /// <returns>True when there was something.</returns>
    public bool Refresh()
    {
        lock (_lock)
        {
            if (Read(_path) is { } stored && stored.Count > Public.Count && Follows(stored))
            {
                Use(Open(stored));
                return true;
            }

            return false;
        }
    }

    public void Dispose()
    {
        _retired.ForEach(s => s.Dispose());
        Current.Dispose();
    }

    private static Ring? Load(string path) => Read(path) is { Count: > 0 } stored ? Open(stored) : null;

    private static List<StoredKey>? Read(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize<List<StoredKey>>(File.ReadAllBytes(path), BreezeJson.Options);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"The command key file {path} is damaged.", e);
        }
    }

    // The keys of another installation, or of a backup from before a rotation, are no continuation.
    private bool Follows(List<StoredKey> stored) => stored.Take(_ring.Stored.Count).SequenceEqual(_ring.Stored);

    private static Ring Open(List<StoredKey> stored)
    {
        ECDsa? earlier = null;
        var open = new List<CommandKey>();
        foreach (var entry in stored)
        {
            var key = ECDsa.Create();
            key.ImportPkcs8PrivateKey(Convert.FromBase64String(entry.PrivateKey), out _);
            var id = CommandSignature.PublicKey(key);
            var known = id with { SignedBy = entry.SignedBy, Signature = entry.Signature };
            if (earlier is not null && !CommandSignature.VerifyKey(known, earlier))
            {
                throw new InvalidDataException("A command key is not vouched for by the one before it.");
            }

            open.Add(known);
            earlier?.Dispose();
            earlier = key;
        }

        return new(open, new CommandSigner(open[^1], earlier!), stored);
    }

    // Several silos may start at once on a new file: one of them makes it, the others take what it made.
    private Ring Create()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(_path))!);
        try
        {
            return Add([], overwrite: false);
        }
        catch (IOException) when (File.Exists(_path))
        {
            return Load(_path)!;
        }
    }

    private Ring Add(IReadOnlyList<StoredKey> stored, bool overwrite)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var statement = CommandSignature.PublicKey(key);
        if (stored.Count > 0)
        {
            using var earlier = ECDsa.Create();
            earlier.ImportPkcs8PrivateKey(Convert.FromBase64String(stored[^1].PrivateKey), out _);
            statement = CommandSignature.SignKey(statement, CommandSignature.PublicKey(earlier).Id, earlier);
        }

        List<StoredKey> all = [.. stored, new(Convert.ToBase64String(key.ExportPkcs8PrivateKey()), statement.SignedBy, statement.Signature)];
        Write(all, overwrite);
        return Open(all);
    }

    // A new file beside the old one, synced, then renamed: a crash leaves the old keys or the new ones, never half a file.
    private void Write(List<StoredKey> keys, bool overwrite)
    {
        var next = $"{_path}.{Guid.NewGuid():N}";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var file = new FileStream(next, options))
        {
            file.Write(JsonSerializer.SerializeToUtf8Bytes(keys, BreezeJson.Options));
            file.Flush(flushToDisk: true);
        }

        try
        {
            File.Move(next, _path, overwrite);
        }
        catch (IOException)
        {
            File.Delete(next);
            throw;
        }
    }

    private async Task<FileStream> HoldFile(CancellationToken cancel)
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                return new FileStream(_path + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (tries < MostTries)
            {
                // Another silo rotates the keys.
                await Task.Delay(BetweenTries, cancel);
            }
        }
    }

    // Connections may still sign with the key before: it is disposed with the process.
    private void Use(Ring ring)
    {
        _retired.Add(_ring.Signer);
        _ring = ring;
    }

    private sealed record StoredKey(string PrivateKey, string? SignedBy, string? Signature);

    private sealed record Ring(IReadOnlyList<CommandKey> Public, CommandSigner Signer, IReadOnlyList<StoredKey> Stored);
}

/// <summary>One private key; signs from any thread.</summary>
public sealed class CommandSigner(CommandKey key, ECDsa ecdsa) : IDisposable
{
    private readonly byte[] _pkcs8 = ecdsa.ExportPkcs8PrivateKey();
    private readonly ThreadLocal<ECDsa> _perThread = new(trackAllValues: true);

    public CommandKey Key { get; } = key;

    /// <summary>The command, signed for this device.</summary>
    public Command Sign(Command unsigned, Guid deviceId) =>
        CommandSignature.Sign(unsigned with { KeyId = Key.Id }, deviceId, _perThread.Value ??= Copy());

    public void Dispose()
    {
        foreach (var copy in _perThread.Values)
        {
            copy?.Dispose();
        }

        _perThread.Dispose();
        ecdsa.Dispose();
        CryptographicOperations.ZeroMemory(_pkcs8);
    }

    // ECDsa does not promise to be safe from several threads.
    private ECDsa Copy()
    {
        var copy = ECDsa.Create();
        copy.ImportPkcs8PrivateKey(_pkcs8, out _);
        return copy;
    }
}
