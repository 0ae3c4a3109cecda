using System.Reflection;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Agents;

/// <summary>This silo's word, renewed in the database, that it holds its devices' sockets.</summary>
/// <remarks>
/// A device is online while its silo's lease is alive. A silo that cannot renew learns it from its own monotonic clock and stops sending
/// before the others may think it dead.
/// </remarks>
public sealed partial class SiloLease(IDatabase database, string siloId, string home, LeaseTimes times, TimeProvider clock, ILogger<SiloLease> logger)
{
    private static readonly string Version =
        typeof(SiloLease).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    private static readonly long Week = (long)TimeSpan.FromDays(7).TotalMilliseconds;
    private long _renewedAt;
    private volatile bool _taken;

    /// <summary>This process, uniquely: a restarted silo has another.</summary>
    public string SiloId => siloId;

    /// <summary>How long ago the last renewal that succeeded was asked for, by this process's own clock.</summary>
    internal TimeSpan Age => clock.GetElapsedTime(Volatile.Read(ref _renewedAt));

    /// <summary>False: the silo must neither send nor let agents in.</summary>
    public bool IsHeld => _taken && clock.GetElapsedTime(Volatile.Read(ref _renewedAt)) < times.GiveUpAfter;

    /// <summary>
    /// Takes the lease, and ends those that earlier processes of this home left: from now on their devices are waited for. The first silo
    /// after a full stop does so for all.
    /// </summary>
    public async Task Take()
    {
        var asked = clock.GetTimestamp();
        await database.Write(async tx =>
        {
            var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
            var args = new { siloId, home, now, until = now + (long)times.Validity.TotalMilliseconds, old = now - Week, Version, schema = Migrations.Newest };
            await tx.Connection!.ExecuteAsync(
                """
                update silo_leases set ended_at = @now where silo_id <> @siloId and lease_until > @old
                  and (home = @home or not exists (
                    select 1 from silo_leases other where other.home <> @home and other.ended_at is null and other.lease_until > @now))
                """,
                args,
                tx);
            await tx.Connection!.ExecuteAsync(
                """
                insert into silo_leases (silo_id, home, lease_until, started_at, version, schema_version)
                values (@siloId, @home, @until, @now, @Version, @schema)
                on conflict (silo_id) do update set lease_until = @until, ended_at = null
                """,
                args,
                tx);
            return 0;
        });
        Volatile.Write(ref _renewedAt, asked);
        _taken = true;
        LogTaken(siloId);
    }

    /// <summary>Renews it; what counts is when the renewal was asked for, not when it was answered.</summary>
    /// <param name="agents">How many agents are connected to this silo now; told with the lease, so that nobody need count devices.</param>
    public async Task Renew(int agents)
    {
        var asked = clock.GetTimestamp();
        var renewed = await database.WriteFirst(tx =>
        {
            var until = (clock.GetUtcNow() + times.Validity).ToUnixTimeMilliseconds();
            return tx.Connection!.ExecuteAsync(
                "update silo_leases set lease_until = @until, ended_at = null, agents = @agents where silo_id = @siloId",
                new { siloId, until, agents },
                tx);
        });
        if (renewed == 1)
        {
            Volatile.Write(ref _renewedAt, asked);
        }
        else
        {
            await Take();
        }
    }

    /// <summary>Notes that the silo lets nobody in any more because it stops; the lease holds until it has.</summary>
    public Task Drain() => database.Write(tx => tx.Connection!.ExecuteAsync(
        "update silo_leases set draining_since = coalesce(draining_since, @now) where silo_id = @siloId",
        new { siloId, now = clock.GetUtcNow().ToUnixTimeMilliseconds() },
        tx));

    /// <summary>Gives it back: the silo stops, its devices are waited for.</summary>
    public async Task End()
    {
        _taken = false;
        await database.Write(tx => tx.Connection!.ExecuteAsync(
            "update silo_leases set ended_at = @now, agents = 0 where silo_id = @siloId",
            new { siloId, now = clock.GetUtcNow().ToUnixTimeMilliseconds() },
            tx));
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Silo {SiloId} serves agents")]
    private partial void LogTaken(string siloId);
}
