using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using Breeze.Agent.Scripts;

namespace Breeze.Agent.Tools;

/// <summary>Runs the device's programs: no shell, no input, bounded output, a timeout that kills the whole tree.</summary>
public sealed class ToolRunner(DeviceTools tools, TimeProvider time)
{
    // What is parsed must be whole: a program that prints more than this is not the one we know.
    private const int LongestOutput = 64 * 1024 * 1024;
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(2);

    public bool Has(string program) => tools.Locate(program) is not null;

    /// <summary>Runs it to its end, whatever its exit code.</summary>
    /// <param name="command">What to run.</param>
    /// <param name="commandId">Marks its processes, so that what is left of them after a crash can be ended.</param>
    /// <param name="cancelled">Kills it, unless it is a transaction.</param>
    /// <exception cref="ToolException">It is not there, could not be started, or was killed at its timeout.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async Task<ToolOutcome> Run(ToolCommand command, Guid commandId, CancellationToken cancelled)
    {
        cancelled.ThrowIfCancellationRequested();
        var program = Path.IsPathRooted(command.Program) ? command.Program : tools.Locate(command.Program)
            ?? throw new ToolException($"This device has no {command.Program}.");
        using var process = new Process { StartInfo = StartInfo(program, command, commandId) };
        try
        {
            process.Start();
        }
        catch (Exception e) when (e is Win32Exception or IOException)
        {
            throw new ToolException($"{command.Program} could not be started: {e.Message}");
        }

        process.StandardInput.Close();
        var log = new CapturedOutput();
        using var output = new MemoryStream();
        var readers = Task.WhenAll(Read(process.StandardOutput, log, output), Read(process.StandardError, log, null));
        var end = await ProcessEnd.Wait(process, command.Timeout, commandId, time, command.IsTransaction ? CancellationToken.None : cancelled);
        var drained = await Task.WhenAny(readers, Task.Delay(DrainTime, time, CancellationToken.None)) == readers;
        return end switch
        {
            ScriptEnd.TimedOut => throw new ToolException($"{command.Program} was killed at its timeout of {command.Timeout.TotalMinutes:0.#} minutes: {LastLines(log.ToText())}"),
            ScriptEnd.Cancelled => throw new OperationCanceledException(cancelled),
            _ => new ToolOutcome(process.ExitCode, Text(output, drained, command.Program), log.ToText()),
        };
    }

    /// <summary>Runs it, and answers what it printed.</summary>
    /// <exception cref="ToolException">As above, or its exit code is not 0.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async Task<string> Ask(ToolCommand command, Guid commandId, CancellationToken cancelled)
    {
        var outcome = await Run(command, commandId, cancelled);
        return outcome.Succeeded
            ? outcome.Output
            : throw new ToolException($"{Path.GetFileName(command.Program)} ended with exit code {outcome.ExitCode}: {LastLines(outcome.Log)}");
    }

    /// <summary>The end of what a program said, where its reason usually is.</summary>
    public static string LastLines(string log, int characters = 1000)
    {
        var text = log.Trim();
        return text.Length <= characters ? text : "..." + text[^characters..];
    }

    // With a reader still at it (a process that was left running holds the pipe) the stream is somebody else's.
    private static string Text(MemoryStream output, bool drained, string program)
    {
        lock (output)
        {
            return output.Length < LongestOutput
                ? Encoding.UTF8.GetString(output.GetBuffer(), 0, (int)output.Length)
                : throw new ToolException($"{program} printed more than {LongestOutput >> 20} MiB{(drained ? "" : " and goes on")}.");
        }
    }

    private static async Task Read(StreamReader reader, CapturedOutput log, MemoryStream? output)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            int length;
            while ((length = await reader.BaseStream.ReadAsync(buffer)) > 0)
            {
                log.Append(buffer.AsSpan(0, length));
                if (output is not null)
                {
                    lock (output)
                    {
                        output.Write(buffer, 0, (int)Math.Min(length, LongestOutput - output.Length));
                    }
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The process was disposed of under a reader that nobody waited for.
        }
    }

    private ProcessStartInfo StartInfo(string program, ToolCommand command, Guid commandId)
    {
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            CreateNoWindow = true,
            WorkingDirectory = command.Folder ?? (Path.GetPathRoot(Environment.SystemDirectory) is { Length: > 0 } root ? root : "/"),
        };
        if (command.RawArguments is { } raw)
        {
            start.Arguments = string.Join(' ', [.. command.Arguments.Select(argument => $"\"{argument}\""), raw]);
        }
        else
        {
            command.Arguments.ToList().ForEach(start.ArgumentList.Add);
        }

        var set = new Dictionary<string, string>(tools.Environment);
        foreach (var (name, value) in command.Environment)
        {
            set[name] = value;
        }

        ScriptEnvironment.Apply(start.Environment, set, commandId);
        if (command.IsTransaction)
        {
            start.Environment.Remove(ProcessTree.Marker);
        }

        return start;
    }
}
