using System.Diagnostics;

namespace Breeze.EndToEnd.Tests.Processes;

/// <summary>The silo as it was before the latest change to it, built from this repository's history.</summary>
/// <remarks>
/// "Before" is the last commit, while the working copy has changes of its own; else the parent of the newest commit that touched the silo.
/// <c>BREEZE_UPGRADE_FROM</c> names another commit or tag. The console is left out: it is half of the build, and nobody looks at it.
/// </remarks>
public static class PreviousBuild
{
    private static readonly string[] Sources = ["src/Breeze.Silo", "src/Breeze.Core", "src/Breeze.Contracts"];
    private static readonly string? Commit = Find();

    /// <summary>Why there can be none here; null when there can.</summary>
    public static string? Missing { get; } = Commit is null ? "git or the repository's history is not here: there is no earlier silo to build" : null;

    /// <summary>Builds it below a folder. Returns its assembly.</summary>
    public static async Task<string> Build(string folder)
    {
        var source = Directory.CreateDirectory(Path.Combine(folder, "previous")).FullName;
        var archive = Path.Combine(folder, "previous.tar");
        await Run(TimeSpan.FromSeconds(30), "git", "-C", BuiltProgram.Root(), "archive", "--output", archive, Commit!);
        await Run(TimeSpan.FromSeconds(30), "tar", "-xf", archive, "-C", source);
        var project = Path.Combine(source, "src", "Breeze.Silo", "Breeze.Silo.csproj");
        var lines = await File.ReadAllLinesAsync(project);
        await File.WriteAllLinesAsync(project, lines.Where(line => !line.Contains("Breeze.Console.csproj", StringComparison.Ordinal)));
        // Its analyzers have spoken when it was committed.
        await Run(TimeSpan.FromSeconds(300), "dotnet", "build", project, "--nologo", "-v", "quiet", "-p:RunAnalyzers=false");
        return Path.Combine(source, "src", "Breeze.Silo", "bin", "Debug", "net10.0", "Breeze.Silo.dll");
    }

    private static string? Find()
    {
        try
        {
            if (Environment.GetEnvironmentVariable("BREEZE_UPGRADE_FROM") is { Length: > 0 } named)
            {
                return Git("rev-parse", "--verify", named + "^{commit}");
            }

            if (Git(["status", "--porcelain", "--", .. Sources]) is not { } changed)
            {
                return null;
            }

            var from = changed.Length > 0 ? "HEAD" : Git(["log", "-1", "--format=%H", "--", .. Sources]) + "^";
            return Git("rev-parse", "--verify", from);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    private static string? Git(params string[] arguments)
    {
        using var git = Process.Start(new ProcessStartInfo("git", ["-C", BuiltProgram.Root(), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        git.ErrorDataReceived += (_, _) => { };
        git.BeginErrorReadLine();
        var output = git.StandardOutput.ReadToEnd();
        git.WaitForExit();
        return git.ExitCode == 0 ? output.Trim() : null;
    }

    private static async Task Run(TimeSpan within, params string[] command)
    {
        var log = Path.GetTempFileName();
        await using (var program = BuiltProgram.StartCommand(log, command))
        {
            var code = await program.Exit(within);
            Assert.True(code == 0, $"{string.Join(' ', command)} ended with {code}. {await program.Log()}");
        }

        File.Delete(log);
    }
}
