using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Breeze.EndToEnd.Tests.Processes;

/// <summary>A program of this repository as a process of its own, with its output in a file; killed with the test at the latest.</summary>
public sealed class BuiltProgram : IAsyncDisposable
{
    private static readonly string Configuration =
        typeof(BuiltProgram).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;

    private readonly Process _process;
    private readonly string _log;
    private readonly Task _copying;

    private BuiltProgram(Process process, string log)
    {
        _process = process;
        _log = log;
        _copying = Copy();
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Starts <c>dotnet PROJECT.dll</c> as it was built with the tests.</summary>
    /// <param name="log">A file that its output is appended to.</param>
    public static BuiltProgram Start(string project, string log, params IEnumerable<string> arguments) =>
        StartAssembly(Assembly(project), log, arguments);

    /// <summary>Starts <c>dotnet ASSEMBLY</c>.</summary>
    /// <inheritdoc cref="Start"/>
    public static BuiltProgram StartAssembly(string assembly, string log, params IEnumerable<string> arguments) =>
        StartCommand(log, ["dotnet", assembly, .. arguments]);

    /// <summary>Starts any program.</summary>
    /// <inheritdoc cref="Start"/>
    public static BuiltProgram StartCommand(string log, params IReadOnlyList<string> command)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardOutput = true, RedirectStandardError = true };
        return new BuiltProgram(Process.Start(start)!, log);
    }

    /// <summary>Where a project's assembly was built with the tests.</summary>
    public static string Assembly(string project) => Path.Combine(Root(), "src", project, "bin", Configuration, "net10.0", project + ".dll");

    /// <summary>Waits for its end. Returns the exit code.</summary>
    public async Task<int> Exit(TimeSpan within)
    {
        try
        {
            await _process.WaitForExitAsync().WaitAsync(within);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"{_process.StartInfo.ArgumentList[0]} did not end within {within}. {await Log()}");
        }

        return _process.ExitCode;
    }

    /// <summary>kill -9, this process alone.</summary>
    public async Task Kill()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>SIGTERM: asks it to end.</summary>
    public void Terminate() => Signal(15);

    /// <summary>SIGSTOP: it stands still and does not know it.</summary>
    public void Freeze() => Signal(19);

    /// <summary>SIGCONT: it goes on as if nothing had been.</summary>
    public void Thaw() => Signal(18);

    /// <summary>All that it wrote, once it has ended.</summary>
    public async Task<string> Output()
    {
        await _copying;
        return await File.ReadAllTextAsync(_log);
    }

    public async Task<string> Log() => File.Exists(_log) ? $"Its log ends with:\n{Tail(await File.ReadAllTextAsync(_log))}" : "It has written nothing.";

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _process.WaitForExitAsync();
        // A script of a killed agent may hold the pipe.
        await Task.WhenAny(_copying, Task.Delay(TimeSpan.FromSeconds(1)));
        _process.Dispose();
    }

    private async Task Copy()
    {
        await using var file = new FileStream(_log, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
        await using var writer = new StreamWriter(file) { AutoFlush = true };
        await Task.WhenAll(Lines(_process.StandardOutput, writer), Lines(_process.StandardError, writer));
    }

    private static async Task Lines(StreamReader from, StreamWriter to)
    {
        while (await from.ReadLineAsync() is { } line)
        {
            lock (to)
            {
                to.WriteLine(line);
            }
        }
    }

    private static string Tail(string text) => text[Math.Max(0, text.Length - 4000)..];

    /// <summary>The repository's root.</summary>
    public static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Breeze.sln")))
        {
            folder = Path.GetDirectoryName(folder)!;
        }

        return folder;
    }

    private void Signal(int signal)
    {
        if (SendSignal(_process.Id, signal) != 0)
        {
            throw new InvalidOperationException($"Process {_process.Id} took no signal {signal}.");
        }
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SendSignal(int process, int signal);
}
