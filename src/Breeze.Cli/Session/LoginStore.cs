using System.Text.Json;

namespace Breeze.Cli.Session;

/// <summary>The login file in the user's configuration directory, readable by its owner only.</summary>
public sealed class LoginStore(string directory, Func<string, string?> environment)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private string File => Path.Combine(directory, "login.json");

    /// <summary>The store of this user: <c>BREEZE_CONFIG</c>, else <c>$XDG_CONFIG_HOME/breeze</c> or the platform's own place.</summary>
    public static LoginStore OfUser() => new(
        Environment.GetEnvironmentVariable("BREEZE_CONFIG")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData, Environment.SpecialFolderOption.Create), "breeze"),
        Environment.GetEnvironmentVariable);

    /// <summary>The login to use: the environment's parts over the stored ones; refused with a sentence when one is missing.</summary>
    public Login Read()
    {
        var stored = Stored();
        var server = environment("BREEZE_SERVER") ?? stored?.Server;
        // A stored key belongs to its server: one from the environment must not receive it.
        var key = environment("BREEZE_KEY") ?? (environment("BREEZE_SERVER") is null || SameServer(server, stored?.Server) ? stored?.Key : null);
        return server is null || key is null
            ? throw new UsageException("Not logged in: run 'breeze login --server URL --key KEY', or set BREEZE_SERVER and BREEZE_KEY.")
            : Login.Parse(server, key);
    }

    public string Write(Login login)
    {
        try
        {
            Directory.CreateDirectory(directory);
            // Written beside and moved into place, so that the key is never in a file with wider rights, nor half there.
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            var beside = $"{File}.{Guid.NewGuid():N}";
            using (var stream = new FileStream(beside, options))
            {
                JsonSerializer.Serialize(stream, new StoredLogin(login.Server.ToString(), login.Key), Json);
            }

            System.IO.File.Move(beside, File, overwrite: true);
            return File;
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{File} cannot be written: {failed.Message}", failed);
        }
    }

    /// <summary>Removes the stored login; true when there was one.</summary>
    public bool Forget()
    {
        var existed = System.IO.File.Exists(File);
        System.IO.File.Delete(File);
        return existed;
    }

    private StoredLogin? Stored()
    {
        try
        {
            return System.IO.File.Exists(File) ? JsonSerializer.Deserialize<StoredLogin>(System.IO.File.ReadAllText(File), Json) : null;
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new UsageException($"{File} cannot be read; run 'breeze login' again.", failed);
        }
    }

    private static bool SameServer(string? one, string? other) =>
        Uri.TryCreate(one, UriKind.Absolute, out var a) && Uri.TryCreate(other, UriKind.Absolute, out var b)
        && a.GetLeftPart(UriPartial.Authority) == b.GetLeftPart(UriPartial.Authority);

    private sealed record StoredLogin(string Server, string Key);
}
