using Breeze.Contracts;
using Breeze.Contracts.Fleet;
using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Core.Fleet;
using Breeze.Silo.Access;
using Breeze.Silo.Hosting;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Fleet;

/// <summary>Reads and writes device groups. Who is in a dynamic one is never stored: its filter is asked each time.</summary>
internal sealed class GroupStore(IDatabase database, TargetQuery targets, GroupMembers members, TimeProvider clock)
{
    public Task<Answer<PagedList<Group>>> List(OrgScope scope, Listing wanted, NumberedPage page) =>
        new NewestFirst(GroupRow.Columns, "device_groups g", "g").ReadWithin<GroupRow, Group, GroupPosition>(database, scope, wanted, page, r => r.Shown(null), r => new GroupPosition(r.Id));

    public Task<Answer<Versioned<Group>>> Get(OrgScope scope, Guid id) => database.Read<Answer<Versioned<Group>>>(async c =>
        await GroupRow.Find(c, scope, id) is { } row ? await Shown(c, row) : Refusal.NotFound("The group"));

    public Task<Answer<Versioned<Group>>> Create(Caller caller, GroupBody body) => database.Write<Answer<Versioned<Group>>>(async tx =>
    {
        var org = await OrgChoice.Choose(tx, caller.Scope, body.OrgId);
        if (org.Refusal is { } foreign)
        {
            return foreign;
        }

        if (body.Type is not { } type)
        {
            return Refusal.Invalid("type is required: static or dynamic.", "type");
        }

        if (await Check(tx, org.Value, type, body) is { } invalid)
        {
            return invalid;
        }

        var row = new GroupRow
        {
            Id = GroupId.New().Value,
            OrgId = org.Value,
            Name = body.Name!.Trim(),
            Kind = EnumName.Of(type),
            Filter = body.Filter?.GetRawText(),
            CreatedAt = clock.GetUtcNow(),
            Version = 1,
        };
        await tx.Connection!.ExecuteAsync(
            "insert into device_groups (id, org_id, name, kind, filter, created_at) values (@Id, @OrgId, @Name, @Kind, @Filter, @CreatedAt)", row, tx);
        await GroupMembers.Add(tx, row.Id, body.DeviceIds ?? []);
        await FleetAudit.Write(tx, caller, row.OrgId, clock, "group.create", "group", row.Id, Details(row, body));
        return await Shown(tx, row);
    });

    public Task<Answer<Versioned<Group>>> Update(Caller caller, Guid id, long? version, GroupBody body) => database.Write<Answer<Versioned<Group>>>(async tx =>
    {
        if (DeviceTexts.Name(body.Name).Refusal is { } badName)
        {
            return badName;
        }

        if (await GroupRow.Find(tx, caller.Scope, id) is not { } found)
        {
            return Refusal.NotFound("The group");
        }

        if (body.Type is { } type && type != found.Type)
        {
            return Refusal.Invalid($"type of a group cannot be changed; this one is {EnumName.Of(found.Type)}.", "type");
        }

        if (await Check(tx, found.OrgId, found.Type, body) is { } invalid)
        {
            return invalid;
        }

        var filter = body.Filter?.GetRawText();
        var now = await tx.Connection!.QueryFirstOrDefaultAsync<long?>(
            "update device_groups set name = @name, filter = @filter, version = version + 1 where id = @id" + Fence.Sql(version) + " returning version",
            new { name = body.Name!.Trim(), filter, id, version },
            tx);
        if (now is not { } changed)
        {
            return EntityTags.Mismatch("The group");
        }

        if (found.Type == GroupType.Static)
        {
            await tx.Connection!.ExecuteAsync("delete from device_group_members where group_id = @id", new { id }, tx);
            await GroupMembers.Add(tx, id, body.DeviceIds ?? []);
        }

        var row = new GroupRow
        {
            Id = id,
            OrgId = found.OrgId,
            Name = body.Name!.Trim(),
            Kind = found.Kind,
            Filter = filter,
            CreatedAt = found.CreatedAt,
            Version = changed,
        };
        await FleetAudit.Write(tx, caller, row.OrgId, clock, "group.update", "group", id, Details(row, body));
        return await Shown(tx, row);
    });

    /// <summary>Deletes a group with its memberships and the windows that were its own.</summary>
    public Task<Answer<Versioned<Group>>> Delete(Caller caller, Guid id, long? version) => database.Write<Answer<Versioned<Group>>>(async tx =>
    {
        if (await GroupRow.Find(tx, caller.Scope, id) is not { } row)
        {
            return Refusal.NotFound("The group");
        }

        if (version is not null && version != row.Version)
        {
            return EntityTags.Mismatch("The group");
        }

        var shown = await Shown(tx, row);
        await tx.Connection!.ExecuteAsync("delete from maintenance_windows where level = 'device_group' and target_id = @id", new { id }, tx);
        await tx.Connection!.ExecuteAsync("delete from device_group_members where group_id = @id", new { id }, tx);
        await tx.Connection!.ExecuteAsync("delete from device_groups where id = @id", new { id }, tx);
        await FleetAudit.Write(tx, caller, row.OrgId, clock, "group.delete", "group", id, new { row.Name });
        return shown;
    });

    private async Task<Versioned<Group>> Shown(SqlSource source, GroupRow row) => new(row.Shown(await members.Count(source, row)), row.Version);

    private async Task<Refusal?> Check(SqlSource source, OrgId org, GroupType type, GroupBody body)
    {
        if (DeviceTexts.Name(body.Name).Refusal is { } badName)
        {
            return badName;
        }

        if (type == GroupType.Static)
        {
            return body.Filter is not null
                ? Refusal.Invalid("filter does not belong to a static group.", "filter")
                : await GroupMembers.Check(source, org, body.DeviceIds ?? [], "deviceIds");
        }

        if (body.DeviceIds is not null)
        {
            return Refusal.Invalid("deviceIds does not belong to a dynamic group.", "deviceIds");
        }

        var tree = FilterParser.Parse(body.Filter, "filter", targets.Fields);
        return tree.Refusal ?? await FilterReferences.Check(source, org, tree.Value!, staticGroupsOnly: true);
    }

    private static object Details(GroupRow row, GroupBody body) => new { row.Name, type = row.Kind, body.Filter, deviceCount = body.DeviceIds?.Count };

    private sealed record GroupPosition(Guid Id) : ListPosition(Id);
}
