using System.Collections.Concurrent;
using System.Data.Common;
using Breeze.Core;
using Breeze.Silo.Access;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Agents;

/// <summary>Something a device said that it had no right to, or that cannot be.</summary>
/// <param name="Action">As in the audit log, for example <c>command.report</c>.</param>
/// <param name="TargetId">What it was said about; null when that is nothing with an id.</param>
/// <param name="Reason">Our own sentence, never the device's text.</param>
public sealed record DeviceRefusal(DeviceId Device, string Action, string TargetKind, string? TargetId, string Reason);

/// <summary>Audits what devices were refused: the first at once, further ones of the same device as one line a minute.</summary>
/// <remarks>
/// The chain is locked while a line is written: without this bound one hostile agent could keep its organization's operators waiting, and
/// bury what they did. Counted by silo, so a device that moves between silos has a line a minute on each.
/// </remarks>
public sealed partial class DeviceRefusals(IDatabase database, TimeProvider clock, ILogger<DeviceRefusals> logger)
{
    private static readonly TimeSpan Between = TimeSpan.FromMinutes(1);
    private readonly ConcurrentDictionary<DeviceId, Quiet> _quiet = new();

    /// <summary>Takes one refusal. Never throws: the refusal stands whether it could be audited or not.</summary>
    public Task Note(DeviceRefusal refusal)
    {
        var mine = new Quiet();
        var quiet = _quiet.GetOrAdd(refusal.Device, mine);
        if (!ReferenceEquals(quiet, mine))
        {
            quiet.Add(refusal);
            return Task.CompletedTask;
        }

        quiet.Start(clock, Between, () => _ = EndOf(refusal.Device, quiet));
        return Write(refusal, 1);
    }

    // What came in the minute is one line, and the next minute is quiet again; a minute in which nothing came ends it.
    private async Task EndOf(DeviceId device, Quiet quiet)
    {
        if (quiet.Take() is var (last, count))
        {
            await Write(last, count);
        }
        else
        {
            _quiet.TryRemove(device, out _);
            quiet.Dispose();
            if (quiet.Take() is var (late, some))
            {
                await Write(late, some);
            }
        }
    }

    private async Task Write(DeviceRefusal refusal, int count)
    {
        try
        {
            await database.Write(async tx =>
            {
                if (await Device(tx, refusal.Device) is { } device)
                {
                    await Audit.Write(tx, new(
                        AuditChain.Org(new(device.OrgId)),
                        clock.GetUtcNow(),
                        AuditActor.Device(refusal.Device, device.Hostname),
                        refusal.Action,
                        refusal.TargetKind,
                        refusal.TargetId,
                        AuditEntry.Refused,
                        new { refusal.Reason, count }));
                }

                return true;
            });
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            LogNotAudited(e, refusal.Action, refusal.Device);
        }
    }

    private static Task<DeviceName?> Device(DbTransaction tx, DeviceId device) => tx.Connection!.QuerySingleOrDefaultAsync<DeviceName>(
        "select org_id, hostname from devices where id = @id", new { id = device.Value }, tx);

    [LoggerMessage(Level = LogLevel.Error, Message = "The refusal of {Action} by device {Device} was not audited")]
    private partial void LogNotAudited(Exception exception, string action, DeviceId device);

    private sealed class DeviceName
    {
        public Guid OrgId { get; init; }

        public string Hostname { get; init; } = "";
    }

    private sealed class Quiet : IDisposable
    {
        private readonly Lock _lock = new();
        private DeviceRefusal? _last;
        private int _count;
        private ITimer? _timer;

        public void Start(TimeProvider clock, TimeSpan every, Action tick) => _timer = clock.CreateTimer(_ => tick(), null, every, every);

        public void Add(DeviceRefusal refusal)
        {
            lock (_lock)
            {
                (_last, _count) = (refusal, _count + 1);
            }
        }

        public (DeviceRefusal Last, int Count)? Take()
        {
            lock (_lock)
            {
                var taken = _last is { } last ? (last, _count) : ((DeviceRefusal, int)?)null;
                (_last, _count) = (null, 0);
                return taken;
            }
        }

        public void Dispose() => _timer?.Dispose();
    }
}
