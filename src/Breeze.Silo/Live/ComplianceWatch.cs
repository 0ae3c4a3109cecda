using System.Collections.Concurrent;
using Breeze.Contracts.Live;
using Breeze.Core;
using Breeze.Core.Access;
using Microsoft.AspNetCore.SignalR;

namespace Breeze.Silo.Live;

/// <summary>Looks each second at the organizations that somebody on this silo follows, and tells what changed.</summary>
/// <remarks>
/// The counts are rows that every silo keeps, so a look at them is right whoever changed them; nothing is computed while nobody watches, and
/// no writer of patches has to know who does.
/// </remarks>
internal sealed partial class ComplianceWatch(
    IComplianceLiveSource source, LiveSubscriptions subscriptions, IHubContext<ConsoleHub> hub, TimeProvider clock, ILogger<ComplianceWatch> logger)
    : BackgroundService
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(1);
    private readonly ConcurrentDictionary<Guid, ComplianceChanged> _told = new();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Between, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            var watched = subscriptions.Watched(LiveKind.Compliance);
            foreach (var gone in _told.Keys.Except(watched).ToList())
            {
                _told.TryRemove(gone, out _);
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
            if (await source.Find(OrgScope.Org(new OrgId(org)), org) is { } now && IsNews(now))
            {
                _told[org] = now;
                await hub.Clients.Group(LiveTopic.Compliance(org).Group).SendAsync(PatchHubMethods.ComplianceChanged, now);
            }
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // A background service that fails would stop the whole silo.
            LogNotLooked(e.Message, org);
        }
    }

    private bool IsNews(ComplianceChanged now) => !_told.TryGetValue(now.OrgId, out var told) || told with { AsOf = now.AsOf } != now;

    [LoggerMessage(Level = LogLevel.Warning, Message = "Compliance of {Org} was not looked at: {Why}")]
    private partial void LogNotLooked(string why, Guid org);
}
