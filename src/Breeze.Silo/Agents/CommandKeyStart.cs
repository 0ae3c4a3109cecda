using System.Security.Cryptography;
using Breeze.Silo.Access;
using Breeze.Silo.Hosting;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Agents;

/// <summary>Before a silo joins: its key file holds the keys that its installation's agents have pinned, or it does not start.</summary>
internal static class CommandKeyStart
{
    public static string File(SiloSettings settings) =>
        settings.Agents.CommandKeyFile is { Length: > 0 } file ? Path.GetFullPath(file) : Path.Combine(settings.Data, "command-keys.json");

    /// <summary>Makes the file at an installation's first start, registers keys that are new in it, and refuses a file that is another's.</summary>
    /// <exception cref="StartRefusedException">With a sentence that names <c>agents.commandKeyFile</c>.</exception>
    public static async Task Agree(SiloSettings settings, TimeProvider clock, CancellationToken cancel = default)
    {
        var database = DatabaseStart.Open(settings);
        await using var closing = (IAsyncDisposable)database;
        var file = File(settings);
        await ForgetLost(database, settings.Agents.LostCommandKey, clock, cancel);
        var registered = await database.Read(connection => CommandKeyRegister.Ids(connection), cancel);
        var isNew = !System.IO.File.Exists(file);
        if (isNew && registered.Count > 0)
        {
            throw Refused(file, "does not exist", registered[^1]);
        }

        using var keys = Open(file);
        if (await database.Write(tx => CommandKeyRegister.Add(tx, keys.Public, clock.GetUtcNow()), cancel))
        {
            return;
        }

        if (isNew)
        {
            // Another silo was first, at the same moment and with a file of its own. A file that was left here would be in the way of its copy.
            System.IO.File.Delete(file);
        }

        registered = await database.Read(connection => CommandKeyRegister.Ids(connection), cancel);
        throw Refused(file, "does not hold that key", registered[^1]);
    }

    /// <summary>Makes a key file, or adds a key to one, away from any silo: for a file that is handed to all of them as a secret.</summary>
    /// <returns>The exit code; the new key's id is on standard output.</returns>
    public static async Task<int> AddTo(string file)
    {
        var isNew = !System.IO.File.Exists(file);
        try
        {
            using var keys = Open(Path.GetFullPath(file));
            await Console.Out.WriteLineAsync(isNew ? keys.Current.Key.Id : (await keys.Rotate(CancellationToken.None)).Id);
            return 0;
        }
        catch (Exception e) when (e is StartRefusedException or IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return StartRefusedException.BadConfiguration;
        }
    }

    private static async Task ForgetLost(IDatabase database, string? lost, TimeProvider clock, CancellationToken cancel)
    {
        if (lost is null)
        {
            return;
        }

        await database.Write(
            async tx =>
            {
                if (await CommandKeyRegister.Forget(tx, lost))
                {
                    await Audit.Write(tx, new(
                        AuditChain.Installation, clock.GetUtcNow(), AuditActor.System("agents.lostCommandKey"), "command_key.forget", "command_key", lost));
                }

                return true;
            },
            cancel);
    }

    private static CommandKeys Open(string file)
    {
        try
        {
            return new CommandKeys(file);
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException or FormatException or CryptographicException)
        {
            throw new StartRefusedException($"The command key file {file} (agents.commandKeyFile) cannot be used: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }

    private static StartRefusedException Refused(string file, string fault, string newest) => new(
        $"This installation signs commands with the key {newest}, and the file {file} {fault}: agents would refuse this silo's commands. "
        + "All silos share one file, which agents.commandKeyFile names; docs/agent-protocol.md says what to do when it is lost.");
}
