using System.Data.Common;
using System.Text.Json;
using Breeze.Contracts.Fleet;
using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Core.Fleet;
using Breeze.Silo.Hosting;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Fleet;

/// <summary>Told when a device is taken out of service, by the feature that holds its connection.</summary>
public interface IDecommissionListener
{
    /// <summary>Inside the transaction that decommissions the device: what must happen with it or not at all.</summary>
    Task Decommissioning(DbTransaction tx, DeviceId device, DateTimeOffset now);

    /// <summary>After its commit: end the connection. Best effort; the credential is void already.</summary>
    Task Decommissioned(DeviceId device);
}

/// <summary>Changes what operators may change of a device.</summary>
internal sealed class DeviceStore(IDatabase database, IEnumerable<IDecommissionListener> listeners, TimeProvider clock)
{
    public Task<Answer<Versioned<Device>>> Patch(Caller caller, Guid id, long? version, DevicePatch patch) => database.Write<Answer<Versioned<Device>>>(async tx =>
    {
        if (patch.SiteId is not null && !Rights.Allow(Right.ManageSites, caller.Role, caller.Scope.Kind))
        {
            return new Refusal(RefusalKind.Forbidden, "Only an admin moves a device to another site.", "siteId");
        }

        var read = DeviceChange.Read(patch);
        if (read.Refusal is { } invalid)
        {
            return invalid;
        }

        var now = clock.GetUtcNow();
        if (await DeviceRow.Find(tx, caller.Scope, id, now) is not { } row)
        {
            return Refusal.NotFound("The device");
        }

        if (row.DecommissionedAt is not null)
        {
            return Refusal.Invalid("The device is decommissioned; it cannot be changed.");
        }

        var change = read.Value!;
        if (change.SiteId is { } site && await IsNoSite(tx, row.OrgId, site))
        {
            return Refusal.Invalid("siteId names no site of the device's organization.", "siteId");
        }

        if (await change.Apply(tx, id, version) is { } refusal)
        {
            return refusal;
        }

        await FleetAudit.Write(tx, caller, row.OrgId, clock, "device.update", "device", id, change.Details);
        var changed = (await DeviceRow.Find(tx, caller.Scope, id, now))!;
        return new Versioned<Device>((await DeviceRow.Show(tx, [changed]))[0], changed.Version);
    });

    /// <summary>Takes a device out of service for good: its credential is void, nothing targets it, its history stays.</summary>
    public async Task<Answer<Versioned<Device>>> Decommission(Caller caller, Guid id, long? version)
    {
        var answer = await database.Write<Answer<Versioned<Device>>>(async tx =>
        {
            var now = clock.GetUtcNow();
            if (await DeviceRow.Find(tx, caller.Scope, id, now) is not { } row)
            {
                return Refusal.NotFound("The device");
            }

            if (row.DecommissionedAt is not null)
            {
                return Refusal.Invalid("The device is decommissioned already.");
            }

            var changed = await tx.Connection!.ExecuteAsync(
                "update devices set decommissioned_at = @now, token_revoked_at = coalesce(token_revoked_at, @now), version = version + 1"
                + " where id = @id and decommissioned_at is null" + Fence.Sql(version),
                new { id, now, version },
                tx);
            if (changed == 0)
            {
                return EntityTags.Mismatch("The device");
            }

            foreach (var listener in listeners)
            {
                await listener.Decommissioning(tx, new DeviceId(id), now);
            }

            await FleetAudit.Write(tx, caller, row.OrgId, clock, "device.decommission", "device", id, new { row.Hostname });
            var after = (await DeviceRow.Find(tx, caller.Scope, id, now))!;
            return new Versioned<Device>((await DeviceRow.Show(tx, [after]))[0], after.Version);
        });
        if (!answer.IsRefused)
        {
            foreach (var listener in listeners)
            {
                await listener.Decommissioned(new DeviceId(id));
            }
        }

        return answer;
    }

    private static async Task<bool> IsNoSite(SqlSource source, OrgId org, Guid site) =>
        await source.First<Guid?>("select s.id from sites s where s.id = @site and s.org_id = @org", new { site, org }) is null;
}

/// <summary>A patch of a device, checked.</summary>
internal sealed record DeviceChange(
    bool SetsDisplayName, string? DisplayName, IReadOnlyList<string>? Tags, Guid? SiteId, IReadOnlyDictionary<string, string?> Fields)
{
    /// <summary>What the audit log keeps of it.</summary>
    public object Details => new { displayName = SetsDisplayName ? DisplayName ?? "(none)" : null, Tags, SiteId, customFields = Fields };

    public static Answer<DeviceChange> Read(DevicePatch patch)
    {
        var named = patch.DisplayName.ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null);
        string? displayName = null;
        if (named)
        {
            var name = DeviceTexts.Name(JsonText.TryRead(patch.DisplayName, out var text) ? text : "", "displayName");
            if (name.Refusal is { } badName)
            {
                return badName;
            }

            displayName = name.Value;
        }

        var tags = patch.Tags is null ? null : DeviceTexts.Tags(patch.Tags);
        if (tags?.Refusal is { } badTags)
        {
            return badTags;
        }

        var fields = patch.CustomFields.ValueKind == JsonValueKind.Undefined
            ? new Dictionary<string, string?>()
            : CustomFields.Parse(patch.CustomFields, "customFields");
        return fields.Refusal is { } badFields
            ? badFields
            : new DeviceChange(patch.DisplayName.ValueKind != JsonValueKind.Undefined, displayName, tags?.Value, patch.SiteId, fields.Value!);
    }

    /// <summary>Writes it; refused when the version no longer holds or the device would have too many custom fields.</summary>
    public async Task<Refusal?> Apply(DbTransaction tx, Guid id, long? version)
    {
        var connection = tx.Connection!;
        var name = SetsDisplayName ? ", display_name = @DisplayName, display_name_key = @key" : "";
        var site = SiteId is null ? "" : ", site_id = @SiteId";
        var changed = await connection.ExecuteAsync(
            $"update devices set version = version + 1{name}{site} where id = @id{Fence.Sql(version)}",
            new { id, version, DisplayName, key = DisplayName is null ? null : Hostnames.Key(DisplayName), SiteId },
            tx);
        if (changed == 0)
        {
            return EntityTags.Mismatch("The device");
        }

        if (Tags is not null)
        {
            await connection.ExecuteAsync("delete from device_tags where device_id = @id", new { id }, tx);
            await tx.ExecuteRows(
                "insert into device_tags (device_id, tag) select @id, v.tag from ({rows}) v", new Rows().Text("tag", [.. Tags]), new { id });
        }

        foreach (var (field, value) in Fields)
        {
            await connection.ExecuteAsync(
                value is null
                    ? "delete from device_fields where device_id = @id and name = @field"
                    : """
                      insert into device_fields (device_id, name, value, number) values (@id, @field, @value, @number)
                      on conflict (device_id, name) do update set value = excluded.value, number = excluded.number
                      """,
                new { id, field, value, number = value is null ? null : CustomFields.NumberOf(value) },
                tx);
        }

        var count = await connection.ExecuteScalarAsync<long>("select count(*) from device_fields where device_id = @id", new { id }, tx);
        return count > CustomFields.MaxCount
            ? throw new RefusedException(Refusal.Invalid($"The device would have {count} custom fields; at most {CustomFields.MaxCount} are allowed.", "customFields"))
            : null;
    }
}
