using System.Data.Common;
using Breeze.Contracts.Fleet;
using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Core.Fleet;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Fleet;

/// <summary>Who is in a group.</summary>
internal sealed class GroupMembers(IDatabase database, TargetQuery targets, TimeProvider clock)
{
    private const int MostAtOnce = 20_000;

    /// <summary>How many devices are in a group now, decommissioned ones not counted.</summary>
    public async Task<long> Count(SqlSource source, GroupRow row)
    {
        var target = await targets.Resolve(source, row.OrgId, new TargetSpec.Groups([new GroupId(row.Id)]));
        return (await target.Count(source)).Total;
    }

    /// <summary>Puts devices into a static group and takes others out; both may be repeated.</summary>
    public Task<Answer<Versioned<Group>>> Change(Caller caller, Guid id, GroupDevicesBody body) => database.Write<Answer<Versioned<Group>>>(async tx =>
    {
        if (body.Add is null && body.Remove is null)
        {
            return Refusal.Invalid("add or remove is required.", "add");
        }

        if (body.Remove?.Count > MostAtOnce)
        {
            return Refusal.Invalid($"remove has more than {MostAtOnce} ids.", "remove");
        }

        if (await GroupRow.Find(tx, caller.Scope, id) is not { } row)
        {
            return Refusal.NotFound("The group");
        }

        if (row.Type == GroupType.Dynamic)
        {
            return Refusal.Invalid("The group is dynamic: its filter decides who is in it.");
        }

        if (await Check(tx, row.OrgId, body.Add ?? [], "add") is { } invalid)
        {
            return invalid;
        }

        await tx.ExecuteRows(
            "delete from device_group_members where group_id = @id and device_id in (select v.device_id from ({rows}) v)",
            new Rows().Uuid("device_id", [.. (body.Remove ?? []).Distinct()]),
            new { id });
        await Add(tx, id, body.Add ?? []);
        var version = await tx.Connection!.ExecuteScalarAsync<long>(
            "update device_groups set version = version + 1 where id = @id returning version", new { id }, tx);
        await FleetAudit.Write(tx, caller, row.OrgId, clock, "group.change_devices", "group", id, new { added = body.Add?.Count ?? 0, removed = body.Remove?.Count ?? 0 });
        return new Versioned<Group>(row.Shown(await Count(tx, row)), version);
    });

    /// <summary>Adds devices that were checked; those already in it stay.</summary>
    public static Task<int> Add(DbTransaction tx, Guid group, IReadOnlyList<Guid> devices) => tx.ExecuteRows(
        "insert into device_group_members (group_id, device_id) select @group, v.device_id from ({rows}) v where true on conflict do nothing",
        new Rows().Uuid("device_id", [.. devices.Distinct()]),
        new { group });

    /// <summary>Refuses the first device that is not the organization's; unknown and foreign are alike.</summary>
    public static async Task<Refusal?> Check(SqlSource source, OrgId org, IReadOnlyList<Guid> devices, string path)
    {
        if (devices.Count > MostAtOnce)
        {
            return Refusal.Invalid($"{path} has {devices.Count} ids; at most {MostAtOnce} are allowed at once.", path);
        }

        var known = (await source.QueryRows<Guid>(
            "select d.id from ({rows}) v cross join devices d where d.id = v.id and d.org_id = @org",
            new Rows().Uuid("id", [.. devices.Distinct()]),
            new { org })).ToHashSet();
        for (var i = 0; i < devices.Count; i++)
        {
            if (!known.Contains(devices[i]))
            {
                return Refusal.Invalid($"{path}[{i}] names no device of the organization.", $"{path}[{i}]");
            }
        }

        return null;
    }
}
