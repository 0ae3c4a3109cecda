using System.ComponentModel;
using System.Diagnostics;

namespace Breeze.Agent.Scripts;

/// <summary>Runs scripts as processes: one file, parameters as environment, a timeout, the output kept.</summary>
/// <param name="root">The folder for the scripts' private folders.</param>
/// <param name="time">Times the runs and their timeouts.</param>
public sealed class ScriptRunner(string root, TimeProvider time)
{
    // A process that the script left running may hold the pipe for as long as it lives; nobody waits for that.
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(2);

    /// <summary>Why this device will not run the script; null when it can.</summary>
    public static string? Refusal(ScriptRequest request)
    {
        var interpreter = Interpreter.For(request.Language, ThisDevice.Platform);
        return interpreter is null ? $"Scripts of the kind '{request.Language}' are not supported."
            : Locate(interpreter) is null ? $"This device has no interpreter for {request.Language} ({string.Join(" or ", interpreter.Programs)})."
            : request.Timeout <= TimeSpan.Zero ? "The script's timeout must be above zero."
            : ScriptEnvironment.Refusal(request.Parameters);
    }

    /// <summary>Runs one script to its end, its timeout or its cancellation. Does not throw for anything the script does.</summary>
    public async Task<ScriptOutcome> Run(ScriptRequest request, CancellationToken cancelled)
    {
        if (Refusal(request) is { } refusal)
        {
            return ScriptOutcome.NotStarted(refusal);
        }

        try
        {
            var interpreter = Interpreter.For(request.Language, ThisDevice.Platform)!;
            using var workspace = ScriptWorkspace.Create(root, request.CommandId, interpreter, request.Content);
            using var process = new Process { StartInfo = StartInfo(request, interpreter, workspace) };
            return await Run(process, request, cancelled);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or Win32Exception)
        {
            return ScriptOutcome.NotStarted($"The script could not be started: {e.Message}");
        }
    }

    private async Task<ScriptOutcome> Run(Process process, ScriptRequest request, CancellationToken cancelled)
    {
        var started = time.GetTimestamp();
        process.Start();
        process.StandardInput.Close();
        var output = new CapturedOutput();
        var readers = Task.WhenAll(Read(process.StandardOutput, output), Read(process.StandardError, output));
        var end = await ProcessEnd.Wait(process, request.Timeout, request.CommandId, time, cancelled);
        await Task.WhenAny(readers, Task.Delay(DrainTime, time, CancellationToken.None));
        var exitCode = end == ScriptEnd.Exited ? process.ExitCode : (int?)null;
        return new ScriptOutcome(end, exitCode, output.ToText(), ErrorOf(end, exitCode, request.Timeout), time.GetElapsedTime(started));
    }

    private static async Task Read(StreamReader reader, CapturedOutput output)
    {
        var buffer = new byte[8192];
        try
        {
            int length;
            while ((length = await reader.BaseStream.ReadAsync(buffer)) > 0)
            {
                output.Append(buffer.AsSpan(0, length));
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The process object was disposed of under a reader that nobody waited for.
        }
    }

    private static ProcessStartInfo StartInfo(ScriptRequest request, Interpreter interpreter, ScriptWorkspace workspace)
    {
        var (program, arguments) = interpreter.CommandLine(ThisDevice.Platform, Locate(interpreter)!, workspace.ScriptPath);
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = workspace.Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            CreateNoWindow = true,
        };
        ScriptEnvironment.Apply(start.Environment, request.Parameters, request.CommandId);
        return start;
    }

    private static string? Locate(Interpreter interpreter) =>
        interpreter.Locate(ThisDevice.Platform, Environment.GetEnvironmentVariable("PATH"));

    private static string? ErrorOf(ScriptEnd end, int? exitCode, TimeSpan timeout) => end switch
    {
        ScriptEnd.TimedOut => $"The script was killed at its timeout of {timeout.TotalSeconds:0.###} s.",
        ScriptEnd.Cancelled => "The script was killed because the server cancelled it.",
        _ => exitCode == 0 ? null : $"The script ended with exit code {exitCode}.",
    };
}
