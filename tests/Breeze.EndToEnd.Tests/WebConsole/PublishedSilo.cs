using System.Diagnostics;
using Breeze.EndToEnd.Tests.Processes;

namespace Breeze.EndToEnd.Tests.WebConsole;

/// <summary>The silo as it is shipped, with its console trimmed and compressed: published once for all tests of a run.</summary>
/// <remarks><c>BREEZE_PUBLISHED_SILO=DIR</c> takes one that was published before, for those who run these tests again and again.</remarks>
public static class PublishedSilo
{
    private static readonly Lazy<Task<string>> Published = new(Publish);

    public static async Task<string> Assembly() => Path.Combine(await Published.Value, "Breeze.Silo.dll");

    private static async Task<string> Publish()
    {
        if (Environment.GetEnvironmentVariable("BREEZE_PUBLISHED_SILO") is { Length: > 0 } published)
        {
            return published;
        }

        var folder = Directory.CreateTempSubdirectory("breeze-published-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        var start = new ProcessStartInfo(
            "dotnet", ["publish", Path.Combine(BuiltProgram.Root(), "src", "Breeze.Silo"), "-c", "Release", "-o", folder, "-v", "quiet", "--nologo", "-p:RunAnalyzers=false"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var publish = Process.Start(start)!;
        var output = publish.StandardOutput.ReadToEndAsync();
        var errors = publish.StandardError.ReadToEndAsync();
        await publish.WaitForExitAsync();
        Assert.True(publish.ExitCode == 0, $"The silo could not be published: {await output} {await errors}");
        return folder;
    }
}
