using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Breeze.Cli.Demo;

/// <summary>A process of the demo: its output goes to a file, its end is noticed, and it is ended with the demo.</summary>
public sealed partial class ChildProcess : IAsyncDisposable
{
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(30);
    private const int Terminate = 15;
    private readonly Process _process;
    private readonly StreamWriter _log;
    private readonly Lock _lock = new();
    private readonly Queue<string> _lastErrors = new();
    private bool _stopping;

    private ChildProcess(string name, Process process, StreamWriter log) => (Name, _process, _log) = (name, process, log);

    public string Name { get; }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <param name="assembly">A built program's dll.</param>
    /// <param name="log">Takes its standard output and error.</param>
    public static ChildProcess Start(string name, string assembly, IEnumerable<string> arguments, string directory, string log)
    {
        var start = new ProcessStartInfo(SourceTree.DotNet, ["exec", assembly, .. arguments])
        {
            WorkingDirectory = directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var ours in start.Environment.Keys.Where(IsProductSetting).ToList())
        {
            // A developer's own settings (another database, another server) are not the demo's.
            start.Environment.Remove(ours);
        }

        var process = new Process { StartInfo = start, EnableRaisingEvents = true };
        var child = new ChildProcess(name, process, new StreamWriter(log) { AutoFlush = true });
        process.OutputDataReceived += (_, line) => child.Keep(line.Data, isError: false);
        process.ErrorDataReceived += (_, line) => child.Keep(line.Data, isError: true);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return child;
    }

    /// <summary>Waits for a program that ends by itself.</summary>
    /// <exception cref="DemoException">It ended with another code than 0.</exception>
    public async Task Finish(CancellationToken cancel)
    {
        await _process.WaitForExitAsync(cancel);
        if (_process.ExitCode != 0)
        {
            throw Died();
        }
    }

    /// <summary>Ends with a <see cref="DemoException"/> when the process dies unasked; else never, until cancelled.</summary>
    public async Task Watch(CancellationToken cancel)
    {
        await _process.WaitForExitAsync(cancel);
        if (!_stopping)
        {
            throw Died();
        }
    }

    /// <summary>Asks it to end, waits for its draining, and kills it after half a minute.</summary>
    public async ValueTask DisposeAsync()
    {
        _stopping = true;
        try
        {
            if (!_process.HasExited)
            {
                Ask();
                using var patience = new CancellationTokenSource(DrainTime);
                await _process.WaitForExitAsync(patience.Token);
            }
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        _process.Dispose();
        await _log.DisposeAsync();
    }

    private void Ask()
    {
        if (OperatingSystem.IsWindows() || Signal(_process.Id, Terminate) != 0)
        {
            _process.Kill(entireProcessTree: true);
        }
    }

    private void Keep(string? line, bool isError)
    {
        if (line is null)
        {
            return;
        }

        lock (_lock)
        {
            if (isError && !string.IsNullOrWhiteSpace(line))
            {
                _lastErrors.Enqueue(line.Trim());
                if (_lastErrors.Count > 3)
                {
                    _lastErrors.Dequeue();
                }
            }

            if (!_stopping || _log.BaseStream is { CanWrite: true })
            {
                _log.WriteLine(line);
            }
        }
    }

    private DemoException Died()
    {
        lock (_lock)
        {
            var said = _lastErrors.Count > 0 ? $" It said: {string.Join(' ', _lastErrors)}" : "";
            return new DemoException($"{Name} ended with exit code {_process.ExitCode}.{said}");
        }
    }

    private static bool IsProductSetting(string name) =>
        name.StartsWith("BREEZE_", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("ASPNETCORE_", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("DOTNET_ENVIRONMENT", StringComparison.OrdinalIgnoreCase);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Signal(int process, int signal);
}
