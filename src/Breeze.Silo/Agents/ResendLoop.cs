using System.Data.Common;
using Breeze.Silo.Hosting;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Agents;

/// <summary>Looks again at commands that should have been accepted by now: their delivery was lost, or their gate was closed.</summary>
/// <remarks>
/// Every silo runs it; a bounded number of rows a turn, found by the index on their due time, each taken by one silo. When a silo has died,
/// whatever was sent before is due at once: it may have died between the commit and the socket.
/// </remarks>
internal sealed partial class ResendLoop(
    IDatabase database, ICommandDelivery delivery, SiloLease lease, SiloDeaths deaths, TimeProvider clock, ILogger<ResendLoop> logger) : BackgroundService
{
    internal const int MostPerTurn = 500;
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(2);

    // What is younger was sent by a silo that lives: a death is known only after several probes.
    private static readonly TimeSpan SentBefore = TimeSpan.FromSeconds(2);

    private Task _death = deaths.Next;

    /// <summary>One turn. Returns how many rows were due: <see cref="MostPerTurn"/> means there may be more.</summary>
    internal async Task<int> Turn()
    {
        var due = new { now = clock.GetUtcNow().ToUnixTimeMilliseconds() };
        if (!await database.Read(async connection => await connection.ExecuteScalarAsync<int?>(
            "select 1 from device_commands where state in (1, 2) and resend_at <= @now limit 1", due) is not null))
        {
            return 0;
        }

        var (count, send) = await database.Write(Claim);
        AgentMetrics.Resent.Add(send.Count);
        await delivery.Deliver(send);
        return count;
    }

    /// <summary>Makes due what was sent a while ago and is not accepted. A device that has it already takes no notice of a second one.</summary>
    private async Task Hasten()
    {
        var now = clock.GetUtcNow();
        var claim = database.Engine == EngineKind.Postgres ? " for update skip locked" : "";
        await database.Write(tx => tx.Connection!.ExecuteAsync(
            $"""
            update device_commands set resend_at = @now
            where id in (select c.id from device_commands c where c.state in (1, 2) and c.resend_at > @now and c.sent_at < @before{claim})
            """,
            new { now = now.ToUnixTimeMilliseconds(), before = (now - SentBefore).ToUnixTimeMilliseconds() },
            tx));
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await TurnsOrLog(stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The silo stops.
        }
    }

    private async Task TurnsOrLog(CancellationToken stopping)
    {
        try
        {
            if (_death.IsCompleted)
            {
                // Taken before the look, so that a death during it is not missed.
                var next = deaths.Next;
                await Hasten();
                _death = next;
            }

            while (lease.IsHeld && !stopping.IsCancellationRequested && await Turn() == MostPerTurn)
            {
            }
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            LogFailed(error);
        }
    }

    private async Task<(int Count, IReadOnlyList<OutgoingCommand> Send)> Claim(DbTransaction tx)
    {
        var now = clock.GetUtcNow();
        var claim = database.Engine == EngineKind.Postgres ? " for update of c skip locked" : "";
        var due = (await tx.Connection!.QueryAsync<WaitingRow>(
            $"""
            select {WaitingRow.Columns}, case when {PresenceSql.Online("d")} then d.silo_id end as silo_id
            from device_commands c join devices d on d.id = c.device_id
            where c.state in (1, 2) and c.resend_at <= @now order by c.resend_at limit {MostPerTurn}{claim}
            """,
            new { now = now.ToUnixTimeMilliseconds() },
            tx)).AsList();
        // Who is away gets them on connecting; until then nobody needs to look.
        await tx.ExecuteRows(
            "with v as ({rows}) update device_commands set resend_at = null from v where device_commands.id = v.command_id",
            new Rows().Uuid("command_id", [.. due.Where(c => c.SiloId is null).Select(c => c.Id)]));
        return (due.Count, await CommandClaims.Step(tx, [.. due.Where(c => c.SiloId is not null)], now));
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Unaccepted commands were not looked at")]
    private partial void LogFailed(Exception error);
}
