using System.Text.Json;
using Breeze.Cli.Terminal;
using Breeze.Client;
using Breeze.Client.Live;
using Breeze.Contracts;
using Breeze.Contracts.Deployments;
using Spectre.Console;

namespace Breeze.Cli.Deployments;

/// <summary>What a watcher prints while it watches.</summary>
public enum WatchStyle
{
    /// <summary>A live view on a terminal, plain lines elsewhere.</summary>
    People,

    /// <summary>Each progress message as a line of JSON.</summary>
    JsonLines,

    /// <summary>Nothing: the end is all that is asked for.</summary>
    Silent,
}

/// <summary>Follows one deployment until it ends, as a live view, as plain lines or as JSON lines.</summary>
/// <param name="stopWhenPaused">End also when it pauses; else a pause is waited out.</param>
public sealed class RolloutWatch(Shell shell, BreezeClient client, Guid id, WatchStyle style, bool stopWhenPaused)
{
    private static readonly TimeSpan Frame = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan PlainEvery = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(30);
    private readonly Lock _outputLock = new();
    private DateTimeOffset _heardAt;
    private bool _namesKnown;

    /// <summary>The deployment as it stands when the watching ends.</summary>
    public async Task<Deployment> UntilEnd(CancellationToken cancel)
    {
        var deployment = (await client.Deployments.Get(id, cancel: cancel)).Value;
        var view = new RolloutView(deployment.Name, shell.Time.GetUtcNow()) { StartedAt = deployment.StartedAt };
        view.Take(deployment, shell.Time.GetUtcNow());
        await using var live = await Follow(view, cancel);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var reading = Keep(view, ended.Token);
        try
        {
            if (style != WatchStyle.People)
            {
                await UntilDone(view, () => { }, cancel);
            }
            else if (shell.IsInteractive)
            {
                await shell.Screen.Live(RolloutScreen.Of(view, shell.Time.GetUtcNow())).StartAsync(screen =>
                    UntilDone(view, () => screen.UpdateTarget(RolloutScreen.Of(view, shell.Time.GetUtcNow())), cancel));
            }
            else
            {
                await UntilDone(view, new PlainLines(shell, view).Print, cancel);
            }
        }
        finally
        {
            await ended.CancelAsync();
            await reading;
        }

        return (await client.Deployments.Get(id, cancel: cancel)).Value;
    }

    /// <summary>What a script gets told about how it ended.</summary>
    public static int Code(DeploymentStatus status) => status == DeploymentStatus.Completed ? ExitCode.Ok : ExitCode.DeploymentFailed;

    private bool IsDone(RolloutView view) => view.HasEnded || (stopWhenPaused && view.Latest?.Status == DeploymentStatus.Paused);

    private async Task UntilDone(RolloutView view, Action show, CancellationToken cancel)
    {
        while (!IsDone(view))
        {
            show();
            await Task.Delay(Frame, shell.Time, cancel);
        }

        show();
    }

    /// <summary>Opens the live stream. Where none can be had (a proxy without WebSockets), <see cref="Keep"/> asks every few seconds instead.</summary>
    private async Task<ConsoleConnection> Follow(RolloutView view, CancellationToken cancel)
    {
        var live = client.Live();
        live.Progressed += message => Heard(view, message);
        live.DevicesChanged += message => view.Take(message, shell.Time.GetUtcNow());
        live.ConnectionChanged += connected => view.IsLive = connected;
        try
        {
            await live.Start(cancel);
            Heard(view, await live.Subscribe(id, cancel));
        }
        catch (BreezeException failed) when (failed.Status is null)
        {
            view.IsLive = false;
        }

        return live;
    }

    private void Heard(RolloutView view, Contracts.Live.DeploymentProgress message)
    {
        _heardAt = shell.Time.GetUtcNow();
        view.Take(message, _heardAt);
        if (style == WatchStyle.JsonLines)
        {
            lock (_outputLock)
            {
                shell.Output.WriteLine(JsonSerializer.Serialize(message, BreezeJson.Lenient));
            }
        }
    }

    /// <summary>Keeps what the stream does not carry: failure groups, hostnames, and the figures while the stream is silent or away.</summary>
    private async Task Keep(RolloutView view, CancellationToken cancel)
    {
        var troubledSeen = -1;
        try
        {
            while (true)
            {
                try
                {
                    troubledSeen = await Refresh(view, troubledSeen, cancel);
                }
                catch (BreezeException)
                {
                    // Away for a moment: the view says that it is not live, and the next round asks again.
                }

                await Task.Delay(TimeSpan.FromSeconds(2), shell.Time, cancel);
            }
        }
        catch (OperationCanceledException)
        {
            // The watching ended.
        }
    }

    /// <returns>Failed and retrying devices of which the failure groups are now known.</returns>
    private async Task<int> Refresh(RolloutView view, int troubledSeen, CancellationToken cancel)
    {
        if (shell.Time.GetUtcNow() - _heardAt > Quiet)
        {
            view.Take((await client.Deployments.Get(id, cancel: cancel)).Value, shell.Time.GetUtcNow());
        }

        if (style != WatchStyle.People || view.Latest?.Progress is not { } progress)
        {
            return troubledSeen;
        }

        await LearnNames(view, cancel);
        var troubled = progress.Failed + progress.Retrying;
        if (troubled != troubledSeen && shell.IsInteractive)
        {
            view.Failures = await client.Deployments.Failures(id, cancel: cancel);
        }

        return troubled;
    }

    /// <summary>Names for the list of latest changes: of the first devices only, a whole fleet's are not worth fetching for six lines.</summary>
    private async Task LearnNames(RolloutView view, CancellationToken cancel)
    {
        if (_namesKnown || !shell.IsInteractive)
        {
            return;
        }

        var known = 0;
        await foreach (var record in client.Deployments.Devices(id, cancel: cancel))
        {
            view.Know(record);
            if (++known == 1000)
            {
                break;
            }
        }

        _namesKnown = true;
    }

    /// <summary>A line when something happened, at most every two seconds, and one every half minute to show that it lives.</summary>
    private sealed class PlainLines(Shell shell, RolloutView view)
    {
        private int _revision = -1;
        private DateTimeOffset _printedAt = DateTimeOffset.MinValue;
        private (DeploymentStatus?, int?) _state;
        private string _said = "";

        public void Print()
        {
            var now = shell.Time.GetUtcNow();
            var state = (view.Latest?.Status, view.Latest?.Progress?.CurrentBatch);
            var changed = view.Revision != _revision && now - _printedAt >= PlainEvery;
            if (state == _state && !changed && !view.HasEnded && now - _printedAt < Heartbeat)
            {
                return;
            }

            var line = RolloutLine.Of(view, now);
            if (line != _said)
            {
                shell.Output.WriteLine(line);
            }

            (_revision, _printedAt, _state, _said) = (view.Revision, now, state, line);
        }
    }
}
