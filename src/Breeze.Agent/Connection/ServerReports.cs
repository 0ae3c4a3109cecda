using Breeze.Contracts.Agents;

namespace Breeze.Agent.Connection;

/// <summary>What a running command has to say before its result, over whatever connection there is.</summary>
public sealed class ServerReports(TimeProvider time)
{
    private static readonly TimeSpan FirstRepeat = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastRepeat = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private TaskCompletionSource<IServerLink> _next = NoLink();
    private IServerLink? _link;

    public void Connected(IServerLink link)
    {
        lock (_lock)
        {
            _link = link;
            _next = _next.Task.IsCompleted ? NoLink() : _next;
            _next.SetResult(link);
        }
    }

    public void Disconnected()
    {
        lock (_lock)
        {
            _link = null;
            _next = _next.Task.IsCompleted ? NoLink() : _next;
        }
    }

    /// <summary>Tells once, and does not mind when nobody hears it.</summary>
    public void Tell(Progress progress)
    {
        IServerLink? link;
        lock (_lock)
        {
            link = _link;
        }

        if (link is not null)
        {
            _ = Quietly(link.Tell(progress, CancellationToken.None));
        }
    }

    /// <summary>Sends all parts, from the first again where a connection was lost between them.</summary>
    /// <param name="parts">Makes the parts of one try.</param>
    /// <param name="cancelled">Gives up.</param>
    /// <returns>Null when the server has it; else why it does not take it.</returns>
    /// <exception cref="OperationCanceledException">Given up.</exception>
    public async Task<string?> Send(Func<IReadOnlyList<ReportPatches>> parts, CancellationToken cancelled)
    {
        for (var wait = FirstRepeat; ; wait = wait * 2 < LastRepeat ? wait * 2 : LastRepeat)
        {
            var link = await Link().WaitAsync(cancelled);
            try
            {
                return await SendOver(link, parts(), cancelled);
            }
            catch (Exception error) when (!cancelled.IsCancellationRequested)
            {
                // A lost connection, or a server that cannot answer just now: nothing of it counts, all of it is sent again.
                await Task.Delay(Busy.Hint(error.Message) is { } asked && asked > wait ? asked : wait, time, cancelled);
            }
        }
    }

    private static async Task<string?> SendOver(IServerLink link, IReadOnlyList<ReportPatches> parts, CancellationToken cancelled)
    {
        foreach (var part in parts)
        {
            if ((await link.Report(part, cancelled)).Refused is { } refused)
            {
                return refused;
            }
        }

        return null;
    }

    private Task<IServerLink> Link()
    {
        lock (_lock)
        {
            return _next.Task;
        }
    }

    private static TaskCompletionSource<IServerLink> NoLink() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static async Task Quietly(Task telling)
    {
        try
        {
            await telling;
        }
        catch (Exception)
        {
            // For display only.
        }
    }
}
