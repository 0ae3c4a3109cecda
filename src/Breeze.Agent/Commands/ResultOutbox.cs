using Breeze.Agent.Connection;
using Breeze.Contracts.Agents;

namespace Breeze.Agent.Commands;

/// <summary>Asks and reports over whatever connection there is, again and again until the server has answered.</summary>
/// <param name="post">Brings the answers back to the processor's own turn.</param>
/// <param name="time">Times the repeats.</param>
internal sealed class ResultOutbox(Action<Action> post, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan FirstRepeat = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastRepeat = TimeSpan.FromSeconds(60);

    private readonly HashSet<Guid> _asking = [];
    private readonly HashSet<Guid> _reporting = [];
    private IServerLink? _link;
    private CancellationTokenSource _ended = new();

    public void Connected(IServerLink link)
    {
        Disconnected();
        _link = link;
        _ended = new CancellationTokenSource();
    }

    public void Disconnected()
    {
        _ended.Cancel();
        _ended.Dispose();
        _ended = new CancellationTokenSource();
        _link = null;
        _asking.Clear();
        _reporting.Clear();
    }

    /// <summary>Asks whether a command may run; nothing happens without a connection, the next one asks again.</summary>
    public void Ask(Accepted accepted, Action<AcceptAnswer> answered)
    {
        if (_link is { } link && _asking.Add(accepted.CommandId))
        {
            _ = Repeat(
                async cancelled =>
                {
                    var answer = await link.Accept(accepted, cancelled);
                    post(() =>
                    {
                        _asking.Remove(accepted.CommandId);
                        answered(answer);
                    });
                },
                _ended.Token);
        }
    }

    /// <summary>Reports a result; nothing happens without a connection, the next one reports again.</summary>
    public void Report(Result result, Action<Acknowledged> answered)
    {
        if (_link is { } link && _reporting.Add(result.CommandId))
        {
            _ = Repeat(
                async cancelled =>
                {
                    var answer = await link.Report(result, cancelled);
                    post(() =>
                    {
                        _reporting.Remove(result.CommandId);
                        answered(answer);
                    });
                },
                _ended.Token);
        }
    }

    public void Dispose()
    {
        _ended.Cancel();
        _ended.Dispose();
    }

    private async Task Repeat(Func<CancellationToken, Task> attempt, CancellationToken ended)
    {
        for (var wait = FirstRepeat; !ended.IsCancellationRequested; wait = wait * 2 < LastRepeat ? wait * 2 : LastRepeat)
        {
            try
            {
                await attempt(ended);
                return;
            }
            catch (Exception) when (!ended.IsCancellationRequested)
            {
                // A server that cannot answer now (its database is away) is asked again; a lost connection ends the loop.
            }
            catch (Exception)
            {
                return;
            }

            await Task.Delay(wait, time, ended).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }
}
