using System.Text.Json;
using System.Threading.Channels;
using Breeze.Cli.Terminal;
using Breeze.Client;
using Breeze.Client.Live;
using Breeze.Contracts;
using Breeze.Contracts.Live;

namespace Breeze.Cli.Patches;

/// <summary>Follows one patch job to its end: a line for each state that is new, over the live stream and, when it is silent, by asking.</summary>
internal sealed class JobWatch(Shell shell, BreezeClient client, ConsoleConnection live, Guid job, bool json)
{
    private static readonly string[] Ended = ["completed", "failed", "cancelled"];
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(5);

    private readonly Channel<JobProgress> _heard = Channel.CreateUnbounded<JobProgress>();
    private JobProgress? _shown;

    /// <returns>0 when it completed, 1 when it failed or was cancelled.</returns>
    public async Task<int> UntilEnd(CancellationToken cancel)
    {
        live.JobProgressed += message => _heard.Writer.TryWrite(message);
        await live.Start(cancel);
        var now = await live.SubscribeJob(job, cancel);
        while (true)
        {
            Show(now);
            if (Ended.Contains(now.Status))
            {
                return now.Status == "completed" ? ExitCode.Ok : ExitCode.DeploymentFailed;
            }

            now = await Next(cancel);
        }
    }

    private async Task<JobProgress> Next(CancellationToken cancel)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(Silence);
        try
        {
            return await _heard.Reader.ReadAsync(patience.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            var read = await client.Jobs.Get(job, cancel);
            return new(
                read.Id, read.Status, read.DevicesTotal, read.DevicesCompleted, read.DevicesFailed, read.DevicesSkipped, read.DevicesPending, _shown?.Version ?? 0);
        }
    }

    private void Show(JobProgress now)
    {
        if (_shown is { } shown && shown with { Version = now.Version } == now)
        {
            return;
        }

        _shown = now;
        shell.Output.WriteLine(json
            ? JsonSerializer.Serialize(now, BreezeJson.Lenient)
            : $"{now.Status}: {now.DevicesCompleted} of {now.DevicesTotal} devices done, {now.DevicesFailed} failed, {now.DevicesSkipped} skipped");
    }
}
