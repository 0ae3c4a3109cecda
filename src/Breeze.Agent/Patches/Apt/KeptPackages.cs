namespace Breeze.Agent.Patches.Apt;

/// <summary>Packages that were replaced, as files: the archive of a distribution has only the newest of each.</summary>
/// <param name="folder">Their folder; made when it is needed.</param>
public sealed class KeptPackages(string folder)
{
    private const int MostFiles = 500;
    private const long MostBytes = 1L << 30;

    /// <summary>The folder, made.</summary>
    public string Folder()
    {
        Directory.CreateDirectory(folder);
        return folder;
    }

    /// <summary>Full path of a kept package; null when it is not there.</summary>
    public string? Find(PackageVersion version)
    {
        // As apt names them.
        var path = Path.Combine(folder, $"{version.Name}_{version.Version.Replace(":", "%3a", StringComparison.Ordinal)}_{version.Architecture}.deb");
        return File.Exists(path) ? path : null;
    }

    /// <summary>Deletes the oldest beyond 500 files or 1 GiB.</summary>
    public void Trim()
    {
        var files = new DirectoryInfo(folder).GetFiles("*.deb").OrderByDescending(file => file.LastWriteTimeUtc).ToList();
        var bytes = 0L;
        for (var n = 0; n < files.Count; n++)
        {
            bytes += files[n].Length;
            if (n >= MostFiles || bytes > MostBytes)
            {
                files[n].Delete();
            }
        }
    }
}
