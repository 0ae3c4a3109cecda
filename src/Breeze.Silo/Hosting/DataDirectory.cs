namespace Breeze.Silo.Hosting;

/// <summary>The directory with the embedded database and the keys: private to its owner, used by one silo at a time.</summary>
public sealed class DataDirectory : IDisposable
{
    private readonly FileStream _lock;

    private DataDirectory(string path, FileStream held)
    {
        Path = path;
        _lock = held;
    }

    public string Path { get; }

    /// <summary>Makes the directory (mode 0700) when it is not there, and holds it until disposed or dead.</summary>
    /// <exception cref="StartRefusedException">It cannot be made or written, or another silo holds it.</exception>
    public static DataDirectory Open(string path)
    {
        var full = System.IO.Path.GetFullPath(path);
        try
        {
            if (!Directory.Exists(full))
            {
                Make(full);
            }

            var file = System.IO.Path.Combine(full, "silo.lock");
            return new DataDirectory(full, Hold(file) ?? throw new StartRefusedException($"data is {full}, which another silo is using."));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartRefusedException($"data is {full}, which cannot be used: {e.Message}", e);
        }
    }

    public void Dispose() => _lock.Dispose();

    private static void Make(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private static FileStream? Hold(string file)
    {
        try
        {
            return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException) when (File.Exists(file))
        {
            return null;
        }
    }
}
