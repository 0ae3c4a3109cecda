using System.Diagnostics;

namespace Breeze.Bench;

/// <summary>The published console beside this program, where a silo in this process looks for it.</summary>
public static class ConsoleFiles
{
    private const string Manifest = "Breeze.Silo.staticwebassets.endpoints.json";

    /// <summary>Publishes the silo and takes its console's files. Once a run, before the silo is built.</summary>
    /// <exception cref="InvalidOperationException">It could not be published; with what the build said.</exception>
    public static async Task Publish()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "Breeze.sln")))
        {
            root = root.Parent ?? throw new InvalidOperationException("Breeze.sln was not found above this program.");
        }

        var folder = Directory.CreateTempSubdirectory("breeze-published-").FullName;
        try
        {
            var start = new ProcessStartInfo("dotnet", ["publish", Path.Combine(root.FullName, "src", "Breeze.Silo"), "-c", "Release", "-o", folder, "-v", "quiet", "--nologo"])
            {
                RedirectStandardOutput = true,
            };
            using var publish = Process.Start(start)!;
            var said = await publish.StandardOutput.ReadToEndAsync();
            await publish.WaitForExitAsync();
            if (publish.ExitCode != 0)
            {
                throw new InvalidOperationException($"The silo could not be published: {said}");
            }

            File.Copy(Path.Combine(folder, Manifest), Path.Combine(AppContext.BaseDirectory, Manifest), overwrite: true);
            Copy(new DirectoryInfo(Path.Combine(folder, "wwwroot")), Path.Combine(AppContext.BaseDirectory, "wwwroot"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Copy(DirectoryInfo from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in from.EnumerateFiles())
        {
            file.CopyTo(Path.Combine(to, file.Name), overwrite: true);
        }

        foreach (var folder in from.EnumerateDirectories())
        {
            Copy(folder, Path.Combine(to, folder.Name));
        }
    }
}
