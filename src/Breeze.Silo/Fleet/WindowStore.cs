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

/// <summary>Reads and writes maintenance windows.</summary>
internal sealed class WindowStore(IDatabase database, TimeProvider clock)
{
    private const string Values =
        "name = @Name, partner_id = @PartnerId, org_id = @OrgId, level = @Level, target_id = @TargetId, time_zone = @TimeZone, starts_at = @StartsAt,"
        + " duration_minutes = @DurationMinutes, recurrence = @Recurrence, allows_deployments = @AllowsDeployments, suppresses_patching = @SuppressesPatching";

    public Task<Answer<PagedList<MaintenanceWindow>>> List(OrgScope scope, Listing wanted, NumberedPage page) =>
        database.Read<Answer<PagedList<MaintenanceWindow>>>(async c =>
        {
            if (await OrgChoice.Refuse(c, scope, wanted.OrgId) is { } refusal)
            {
                return refusal;
            }

            var list = new NewestFirst(WindowRow.Columns, "maintenance_windows w", "w").Where(WindowRow.Within(scope), new { scopeId = scope.Id }).Named(wanted.Part);
            if (wanted.OrgId is not null)
            {
                list.Where("w.org_id = @OrgId", new { wanted.OrgId });
            }

            var now = clock.GetUtcNow();
            return await list.Read<WindowRow, MaintenanceWindow, WindowPosition>(c, page, r => r.Shown(now), r => new WindowPosition(r.Id));
        });

    public Task<Answer<Versioned<MaintenanceWindow>>> Get(OrgScope scope, Guid id) => database.Read<Answer<Versioned<MaintenanceWindow>>>(async c =>
        await WindowRow.Find(c, scope, id) is { } row ? row.Versioned(clock.GetUtcNow()) : Refusal.NotFound("The maintenance window"));

    public Task<Answer<Versioned<MaintenanceWindow>>> Create(Caller caller, MaintenanceWindowBody body) =>
        database.Write<Answer<Versioned<MaintenanceWindow>>>(async tx =>
        {
            var now = clock.GetUtcNow();
            var read = Read(body, Guid.CreateVersion7(now), now, version: 1);
            if (read.Refusal is { } invalid)
            {
                return invalid;
            }

            var placed = await Place(tx, caller.Scope, read.Value!);
            if (placed.Refusal is { } foreign)
            {
                return foreign;
            }

            var row = placed.Value!;
            await tx.Connection!.ExecuteAsync(
                """
                insert into maintenance_windows (id, partner_id, org_id, name, level, target_id, time_zone, starts_at, duration_minutes, recurrence,
                  allows_deployments, suppresses_patching, created_at)
                values (@Id, @PartnerId, @OrgId, @Name, @Level, @TargetId, @TimeZone, @StartsAt, @DurationMinutes, @Recurrence,
                  @AllowsDeployments, @SuppressesPatching, @CreatedAt)
                """,
                row,
                tx);
            await Note(tx, caller, "maintenance_window.create", row);
            return (await WindowRow.Find(tx, caller.Scope, row.Id))!.Versioned(now);
        });

    public Task<Answer<Versioned<MaintenanceWindow>>> Update(Caller caller, Guid id, long? version, MaintenanceWindowBody body) =>
        database.Write<Answer<Versioned<MaintenanceWindow>>>(async tx =>
        {
            var found = await WindowRow.Find(tx, caller.Scope, id);
            var read = Read(body, id, found?.CreatedAt ?? default, (found?.Version ?? 0) + 1);
            if (read.Refusal is { } invalid)
            {
                return invalid;
            }

            if (found is null)
            {
                return Refusal.NotFound("The maintenance window");
            }

            var placed = await Place(tx, caller.Scope, read.Value!);
            if (placed.Refusal is { } foreign)
            {
                return foreign;
            }

            var row = placed.Value!;
            if (row.OrgId != found.OrgId || row.PartnerId != found.PartnerId)
            {
                return Refusal.Invalid("scope.targetId is of another organization or partner than the window's.", "scope.targetId");
            }

            var changed = (version ?? found.Version) != found.Version ? 0 : await tx.Connection!.ExecuteAsync(
                $"update maintenance_windows set {Values}, version = version + 1 where id = @Id and version = @Version - 1", row, tx);
            if (changed == 0)
            {
                return EntityTags.Mismatch("The maintenance window");
            }

            await Note(tx, caller, "maintenance_window.update", row);
            return (await WindowRow.Find(tx, caller.Scope, id))!.Versioned(clock.GetUtcNow());
        });

    public Task<Answer<Versioned<MaintenanceWindow>>> Delete(Caller caller, Guid id, long? version) =>
        database.Write<Answer<Versioned<MaintenanceWindow>>>(async tx =>
        {
            if (await WindowRow.Find(tx, caller.Scope, id) is not { } row)
            {
                return Refusal.NotFound("The maintenance window");
            }

            if (await tx.Connection!.ExecuteAsync("delete from maintenance_windows where id = @id" + Fence.Sql(version), new { id, version }, tx) == 0)
            {
                return EntityTags.Mismatch("The maintenance window");
            }

            await Note(tx, caller, "maintenance_window.delete", row);
            return row.Versioned(clock.GetUtcNow());
        });

    private Task Note(System.Data.Common.DbTransaction tx, Caller caller, string action, WindowRow row) => Audit.Write(tx, new AuditEntry(
        row.Chain,
        clock.GetUtcNow(),
        AuditActor.Of(caller),
        action,
        "maintenance_window",
        row.Id.ToString(),
        Details: new
        {
            row.Name,
            row.Level,
            row.TargetId,
            row.TimeZone,
            row.StartsAt,
            row.DurationMinutes,
            row.Recurrence,
            row.AllowsDeployments,
            row.SuppressesPatching,
        }));

    private static Answer<WindowRow> Read(MaintenanceWindowBody body, Guid id, DateTimeOffset created, long version)
    {
        var name = DeviceTexts.Name(body.Name);
        var refusal = name.Refusal
            ?? (body.Scope?.Level is null ? Refusal.Invalid("scope.level is required: partner, organization, site, device_group or device.", "scope.level") : null)
            ?? (body.Scope?.TargetId is null ? Refusal.Invalid("scope.targetId is required.", "scope.targetId") : null)
            ?? (body.StartsAt is null ? Refusal.Invalid("startsAt is required.", "startsAt") : null)
            ?? (body.DurationMinutes is null ? Refusal.Invalid("durationMinutes is required.", "durationMinutes") : null)
            ?? WindowSchedule.Create(body.TimeZone, body.StartsAt!.Value, body.DurationMinutes!.Value, body.Recurrence).Refusal;
        return refusal is not null ? refusal : new WindowRow
        {
            Id = id,
            Name = name.Value!,
            Level = EnumName.Of(body.Scope!.Level!.Value),
            TargetId = body.Scope.TargetId!.Value,
            TimeZone = body.TimeZone!,
            StartsAt = DateTimeOffset.FromUnixTimeSeconds(body.StartsAt!.Value.ToUnixTimeSeconds()),
            DurationMinutes = body.DurationMinutes!.Value,
            Recurrence = body.Recurrence,
            AllowsDeployments = body.AllowsDeployments ?? true,
            SuppressesPatching = body.SuppressesPatching ?? false,
            CreatedAt = created,
            Version = version,
        };
    }

    /// <summary>Finds whose the target is; unknown, foreign and out of reach are alike.</summary>
    private static async Task<Answer<WindowRow>> Place(SqlSource source, OrgScope scope, WindowRow row)
    {
        var args = new { row.TargetId, scopeId = scope.Id };
        var unknown = Refusal.Invalid($"scope.targetId names no {row.Level.Replace('_', ' ')} that this key may use.", "scope.targetId");
        if (row.Level == "partner")
        {
            var mine = scope.Kind switch { ScopeKind.System => "1 = 1", ScopeKind.Partner => "p.id = @scopeId", _ => "1 = 0" };
            return await source.First<PartnerId?>($"select p.id from partners p where p.id = @TargetId and {mine}", args) is { } partner
                ? Of(row, partner, null)
                : unknown;
        }

        var (table, org) = row.Level switch
        {
            "organization" => ("organizations", "t.id"),
            "site" => ("sites", "t.org_id"),
            "device_group" => ("device_groups", "t.org_id"),
            _ => ("devices", "t.org_id"),
        };
        return await source.First<OrgId?>($"select {org} from {table} t where t.id = @TargetId and {scope.Sql(org)}", args) is { } orgId
            ? Of(row, null, orgId)
            : unknown;
    }

    private static WindowRow Of(WindowRow row, PartnerId? partner, OrgId? org) => new()
    {
        Id = row.Id,
        PartnerId = partner,
        OrgId = org,
        Name = row.Name,
        Level = row.Level,
        TargetId = row.TargetId,
        TimeZone = row.TimeZone,
        StartsAt = row.StartsAt,
        DurationMinutes = row.DurationMinutes,
        Recurrence = row.Recurrence,
        AllowsDeployments = row.AllowsDeployments,
        SuppressesPatching = row.SuppressesPatching,
        CreatedAt = row.CreatedAt,
        Version = row.Version,
    };

    private sealed record WindowPosition(Guid Id) : ListPosition(Id);
}
