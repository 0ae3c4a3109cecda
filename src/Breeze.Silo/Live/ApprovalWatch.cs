using Breeze.Contracts.Live;
using Microsoft.AspNetCore.SignalR;

namespace Breeze.Silo.Live;

/// <summary>Looks each second at the organizations whose approvals somebody on this silo follows, and tells what was decided.</summary>
/// <remarks>A deferral's end is told like a decision: it follows from the clock, so no silo has to notice it first.</remarks>
internal sealed partial class ApprovalWatch(
    IApprovalLiveSource source, LiveSubscriptions subscriptions, IHubContext<ConsoleHub> hub, TimeProvider clock, ILogger<ApprovalWatch> logger)
    : BackgroundService
{
    private const int MostPatches = 200;
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(1);

    // A decision is dated before its commit, so what is younger than this may appear behind what was told already.
    private static readonly TimeSpan Overlap = TimeSpan.FromSeconds(10);

    private readonly Dictionary<Guid, Told> _told = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Between, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            var watched = subscriptions.Watched(LiveKind.Approvals);
            foreach (var gone in _told.Keys.Except(watched).ToList())
            {
                _told.Remove(gone);
            }

            foreach (var org in watched)
            {
                await Look(org);
            }
        }
    }

    private async Task Look(Guid org)
    {
        try
        {
            var now = clock.GetUtcNow();
            var isFirst = !_told.TryGetValue(org, out var told);
            var recent = await source.Since(org, (told?.At ?? now) - Overlap, MostPatches + 1);
            _told[org] = new Told(now, [.. recent]);

            // Whoever has just subscribed fetches; what was decided in the second before is told all the same, for it may be news.
            var news = isFirst ? recent : [.. recent.Where(r => !told!.Rows.Contains(r))];
            if (news.Count > 0)
            {
                var changed = new ApprovalsChanged(org, [.. news.Take(MostPatches).Select(n => new ChangedApproval(n.PatchId, n.Status))], recent.Count > MostPatches, now);
                await hub.Clients.Group(LiveTopic.Approvals(org).Group).SendAsync(PatchHubMethods.ApprovalsChanged, changed);
            }
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // A background service that fails would stop the whole silo.
            LogNotLooked(e.Message, org);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Approvals of {Org} were not looked at: {Why}")]
    private partial void LogNotLooked(string why, Guid org);

    private sealed record Told(DateTimeOffset At, HashSet<LiveApproval> Rows);
}
