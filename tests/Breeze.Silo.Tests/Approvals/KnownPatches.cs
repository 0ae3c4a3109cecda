using Breeze.Core;
using Breeze.Core.Patches;
using Breeze.Silo.Policies;
using Breeze.Silo.Storage;
using Breeze.Silo.Tests.Fixture;
using Dapper;

namespace Breeze.Silo.Tests.Approvals;

/// <summary>Puts patches into an organization's catalogue, as the intake of a report would.</summary>
internal static class KnownPatches
{
    public static async Task<Guid> NewPatch(
        this SiloFixture silo, Guid org, PatchSeverity severity = PatchSeverity.Critical, PatchSource source = PatchSource.Linux) =>
        (await silo.NewPatches(org, 1, severity, source))[0];

    /// <summary>New patches that the organization's devices have just reported for the first time.</summary>
    public static async Task<IReadOnlyList<Guid>> NewPatches(
        this SiloFixture silo, Guid org, int count, PatchSeverity severity = PatchSeverity.Critical, PatchSource source = PatchSource.Linux)
    {
        var ids = Enumerable.Range(0, count).Select(_ => Guid.CreateVersion7()).ToArray();
        await silo.Database.Write(tx => tx.ExecuteRows(
            "insert into patches (id, source, external_id, created_at) select v.id, @source, 'apt:' || v.name, 0 from ({rows}) v",
            Named(ids),
            new { source = (int)source }));
        await silo.Know(org, ids, severity, source);
        return ids;
    }

    /// <summary>The organization's devices report patches that exist.</summary>
    public static Task Know(this SiloFixture silo, Guid org, Guid[] ids, PatchSeverity severity, PatchSource source = PatchSource.Linux) =>
        silo.Database.Write(async tx =>
        {
            var now = silo.Clock.Now;
            await tx.ExecuteRows(
                """
                insert into org_patches (org_id, patch_id, source, external_id, title, title_key, severity, os_types, created_at, changed_at)
                select @org, v.id, @source, 'apt:' || v.name, v.name, v.name, @severity, 4, @now, @now from ({rows}) v
                """,
                Named(ids),
                new { org, source = (int)source, severity = (int)severity, now });
            await AutoApprovals.OnReported(tx, new OrgId(org), ids, now);
            return 0;
        });

    /// <summary>A patch that was once on a device and is in its latest scan neither offered nor installed.</summary>
    public static Task GoneFrom(this SiloFixture silo, Guid org, Guid device, Guid patch) => silo.Database.Write(async tx =>
    {
        await tx.Connection!.ExecuteAsync("insert into device_patch_totals (device_id, org_id) values (@device, @org) on conflict do nothing", new { device, org }, tx);
        return await tx.Connection!.ExecuteAsync(
            "insert into device_patches (device_id, patch_id, org_id, source, status, offered, first_seen_at, changed_at) values (@device, @patch, @org, 3, 6, 0, 0, 0)",
            new { device, patch, org },
            tx);
    });

    public static Task<DevicePatchStatus> StatusOn(this SiloFixture silo, Guid device, Guid patch) => silo.Database.Read(c =>
        c.QuerySingleAsync<DevicePatchStatus>("select status from device_patches where device_id = @device and patch_id = @patch", new { device, patch }));

    private static Rows Named(Guid[] ids) => new Rows().Uuid("id", ids).Text("name", [.. ids.Select(id => $"pkg-{id:N}")]);
}
