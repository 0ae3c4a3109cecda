using System.Diagnostics;

namespace Breeze.Agent.Scripts;

/// <summary>Waits for a process, and ends it with all it started when it takes too long or is not wanted any more.</summary>
public static class ProcessEnd
{
    public static async Task<ScriptEnd> Wait(Process process, TimeSpan limit, Guid commandId, TimeProvider time, CancellationToken cancelled)
    {
        using var timeout = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancelled);
        try
        {
            await process.WaitForExitAsync(either.Token);
            return ScriptEnd.Exited;
        }
        catch (OperationCanceledException)
        {
            ProcessTree.Kill(process, commandId);
            await process.WaitForExitAsync(CancellationToken.None);
            return cancelled.IsCancellationRequested ? ScriptEnd.Cancelled : ScriptEnd.TimedOut;
        }
    }
}
