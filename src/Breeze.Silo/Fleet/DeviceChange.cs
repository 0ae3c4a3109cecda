using System.Data.Common;
using System.Text.Json;
using Breeze.Contracts.Fleet;
using Breeze.Core;
using Breeze.Core.Fleet;
using Breeze.Silo.Hosting;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Fleet;

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
