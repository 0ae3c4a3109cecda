using System.Data.Common;
using System.Text.Json;
using Breeze.Contracts;
using Breeze.Contracts.Agents;
using Breeze.Contracts.Patches;
using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Core.Patches;
using Breeze.Silo.Access;
using Breeze.Silo.Agents;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Patches;

/// <summary>Asks devices to look for patches: one command each, durable, sent now or when the device connects.</summary>
internal sealed class PatchScans(IDatabase database, ICommandDelivery delivery, IGrainFactory grains, TimeProvider clock)
{
    public const int MostDevices = 10_000;

    /// <summary>Queues the scans. A scan of the same sources that its device has not accepted yet stands for the new one.</summary>
    public async Task<PatchScanAnswer> Request(Caller caller, IReadOnlyList<Guid> deviceIds, PatchSource? source)
    {
        var now = clock.GetUtcNow();
        var wanted = deviceIds.Distinct().ToList();
        var plan = await database.Write(tx => Plan(tx, caller, wanted, source, now));
        await delivery.Deliver(plan.Send);
        await delivery.Wake(plan.Wake);
        return plan.Answer;
    }

    private sealed record Planned(PatchScanAnswer Answer, IReadOnlyList<OutgoingCommand> Send, IReadOnlyList<DeviceId> Wake);

    private async Task<Planned> Plan(DbTransaction tx, Caller caller, List<Guid> wanted, PatchSource? source, DateTimeOffset now)
    {
        var found = (await Find(tx, caller.Scope, wanted, now)).ToDictionary(d => d.Id);
        var devices = wanted.Where(found.ContainsKey).Select(id => found[id]).Where(d => d.Accessible).ToList();
        var able = devices.Where(d => d.DecommissionedAt is null && (source is null || InventoryDiff.Suits(source.Value, d.OsType))).ToList();
        var waiting = await Waiting(tx, able);
        var scans = able.Select(d => (Device: d, Payload: Payload(source, d.OsType), Waits: Covering(waiting[d.Id], Sources(source, d.OsType))))
            .Select(s => (s.Device, s.Waits, New: s.Waits is null ? Command(s.Device, s.Payload, now) : null)).ToList();
        var send = scans.Where(s => s.New is not null && s.Device.SiloId is not null).ToList();
        var queue = scans.Where(s => s.New is not null && s.Device.SiloId is null).ToList();
        await CommandLedger.InsertSent(tx, [.. send.Select(s => s.New!)], now);
        await CommandLedger.InsertQueued(tx, [.. queue.Select(s => s.New!)], now);
        foreach (var org in scans.GroupBy(s => s.Device.OrgId).OrderBy(o => o.Key))
        {
            await Audit.Write(tx, new(
                AuditChain.Org(new(org.Key)), now, AuditActor.Of(caller), "patches.scan", "device", null,
                Details: new { source = source is { } only ? EnumName.Of(only) : null, devices = org.Count(), deviceIds = org.Take(100).Select(s => s.Device.Id) }));
        }

        var dispatched = scans.Where(s => s.New is not null ? s.Device.SiloId is not null : s.Waits!.IsSent && s.Device.SiloId is not null).ToHashSet();
        Guid Id((ScanDevice Device, WaitingScan? Waits, NewCommand? New) scan) => scan.New?.Id.Value ?? scan.Waits!.Id;
        return new(
            new(
                scans.Count,
                [.. scans.Select(Id)],
                [.. scans.Where(dispatched.Contains).Select(Id)],
                [.. scans.Where(s => !dispatched.Contains(s)).Select(Id)],
                [.. devices.Except(able).Select(d => d.Id)],
                new([.. wanted.Where(id => !found.ContainsKey(id))], [.. found.Values.Where(d => !d.Accessible).Select(d => d.Id)])),
            [.. send.Select(s => new OutgoingCommand(
                s.New!.Id, s.New.DeviceId, s.Device.SiloId!, s.New.Type, s.New.Payload, s.New.Attempt, s.New.Origin, now))],
            [.. queue.Select(s => s.New!.DeviceId)]);
    }

    // Held in one order, so that two requests for one device make one scan.
    private static Task<IReadOnlyList<ScanDevice>> Find(DbTransaction tx, OrgScope scope, List<Guid> wanted, DateTimeOffset now) =>
        tx.QueryRows<ScanDevice>(
            $$"""
            select d.id, d.org_id, d.os_type, d.decommissioned_at, case when {{PresenceSql.Online("d")}} then d.silo_id end as silo_id,
              case when {{scope.Sql("d.org_id")}} then 1 else 0 end as accessible
            from ({rows}) v cross join devices d where d.id = v.device_id order by d.id{{CommandGates.HoldExclusive(tx, "d")}}
            """,
            new Rows().Uuid("device_id", [.. wanted]),
            new { now = now.ToUnixTimeMilliseconds(), scopeId = scope.Id });

    private static async Task<ILookup<Guid, WaitingScan>> Waiting(DbTransaction tx, List<ScanDevice> devices) =>
        (await tx.QueryRows<WaitingScan>(
            """
            with v as ({rows})
            select c.id, c.device_id, c.state, p.body from v
            join device_commands c on c.device_id = v.device_id and c.state in (1, 2, 3) join command_payloads p on p.id = c.payload_id
            where c.type = @type and c.state in (1, 2)
            """,
            new Rows().Uuid("device_id", [.. devices.Select(d => d.Id)]),
            new { type = CommandTypes.ScanPatches })).ToLookup(c => c.DeviceId);

    private static WaitingScan? Covering(IEnumerable<WaitingScan> waiting, IReadOnlyList<string> sources) =>
        waiting.FirstOrDefault(w => sources.All(w.Sources.Contains));

    private static IReadOnlyList<string> Sources(PatchSource? source, string osType) => source is { } only
        ? [EnumName.Of(only)]
        : [.. Enum.GetValues<PatchSource>().Where(s => InventoryDiff.Suits(s, osType)).Select(EnumName.Of)];

    private static string Payload(PatchSource? source, string osType) =>
        JsonSerializer.Serialize(new ScanPatchesPayload(Sources(source, osType)), AgentJson.Default.ScanPatchesPayload);

    private NewCommand Command(ScanDevice device, string payload, DateTimeOffset now) => new(
        new(Guid.CreateVersion7(now)), new(device.Id), new(device.OrgId), CommandTypes.ScanPatches, payload, 1, null, false,
        grains.GetGrain<IPatchScanGrain>(device.Id).GetGrainId().ToString());

    private sealed class ScanDevice
    {
        public Guid Id { get; init; }

        public Guid OrgId { get; init; }

        public string OsType { get; init; } = "";

        public long? DecommissionedAt { get; init; }

        /// <summary>Null unless the device is online.</summary>
        public string? SiloId { get; init; }

        public bool Accessible { get; init; }
    }

    private sealed class WaitingScan
    {
        public Guid Id { get; init; }

        public Guid DeviceId { get; init; }

        public int State { get; init; }

        public string Body { get; init; } = "";

        public bool IsSent => State == (int)CommandState.Sent;

        public IReadOnlyList<string> Sources => JsonSerializer.Deserialize(Body, AgentJson.Default.ScanPatchesPayload)?.Sources ?? [];
    }
}
