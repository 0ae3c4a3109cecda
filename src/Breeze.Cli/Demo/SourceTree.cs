using System.Diagnostics;
using System.Reflection;

namespace Breeze.Cli.Demo;

/// <summary>The checked-out sources that this program was built from; the demo runs the server and the agent out of them.</summary>
public sealed class SourceTree
{
    private readonly string _configuration =
        typeof(SourceTree).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()?.Configuration ?? "Debug";

    private SourceTree(string root) => Root = root;

    public string Root { get; }

    /// <summary>The <c>dotnet</c> that runs this program, else the one on the path.</summary>
    public static string DotNet =>
        Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host ? host
        : Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? Environment.ProcessPath!
        : "dotnet";

    /// <exception cref="DemoException">This program does not lie inside a source tree.</exception>
    public static SourceTree Find()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "Breeze.sln")))
            {
                return new SourceTree(at.FullName);
            }
        }

        throw new DemoException("The demo runs the server and the agent from their sources: call it as 'dotnet run --project src/Breeze.Cli -- demo'.");
    }

    public string Assembly(string project) =>
        Path.Combine(Root, "src", project, "bin", _configuration, "net10.0", $"{project}.dll");

    /// <summary>Builds one project; its output is shown only when it fails.</summary>
    public async Task Build(string project, CancellationToken cancel)
    {
        using var build = Process.Start(new ProcessStartInfo(
            DotNet,
            ["build", Path.Combine(Root, "src", project), "-c", _configuration, "-v", "quiet", "--nologo", "-clp:NoSummary", "-nodeReuse:false"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            // dotnet run hands its own MSBuild settings down; a build inside it must find its own.
            Environment = { ["MSBUILDDISABLENODEREUSE"] = "1" },
        }) ?? throw new DemoException("dotnet could not be started.");
        try
        {
            var output = build.StandardOutput.ReadToEndAsync(cancel);
            var errors = build.StandardError.ReadToEndAsync(cancel);
            await build.WaitForExitAsync(cancel);
            if (build.ExitCode != 0)
            {
                throw new DemoException($"{project} did not build: {FirstError(await output + await errors)}");
            }
        }
        finally
        {
            if (!build.HasExited)
            {
                build.Kill(entireProcessTree: true);
            }
        }
    }

    private static string FirstError(string output) =>
        output.Split('\n').FirstOrDefault(line => line.Contains("error", StringComparison.OrdinalIgnoreCase))?.Trim() ?? "dotnet build failed.";
}
