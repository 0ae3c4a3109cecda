using Breeze.Contracts.Agents;
using Breeze.Silo.Agents;
using Breeze.Silo.Tests.Fixture;
using Dapper;
using Xunit;

namespace Breeze.Silo.Tests.Patches;

/// <summary>Reports that exceed a frame: taken whole or not at all, and bounded while they wait.</summary>
public abstract class ReportInPartsTests(SiloFixture silo)
{
    [EngineFact]
    public async Task Parts_are_taken_whole_once_the_last_has_come()
    {
        var world = await PatchWorld.Create(silo);
        var device = await world.Device();
        var scan = Guid.NewGuid();
        await world.Report(device, Part(scan, 1, false, world.Name("a")));
        await world.Report(device, Part(scan, 2, false, world.Name("b")));
        Assert.Empty(await world.Statuses(device));
        await world.Report(device, Part(scan, 2, false, world.Name("b")));
        await world.Report(device, Part(scan, 3, true, world.Name("c")));
        Assert.Equal(3, (await world.Statuses(device)).Count);
        Assert.Equal(0, await world.Scalar<int>("select count(*) from patch_report_parts where device_id = @device", new { device }));

        // The answer to the last part was lost: the repeat is answered alike and changes nothing.
        await world.Report(device, Part(scan, 3, true, world.Name("c")));
        Assert.Equal(3, (await world.Statuses(device)).Count);
    }

    [EngineFact]
    public async Task A_scan_with_a_part_missing_is_refused_whole_and_audited()
    {
        var world = await PatchWorld.Create(silo);
        var device = await world.Device();
        await world.Report(device, [world.Name("old")]);
        var scan = Guid.NewGuid();
        await world.Report(device, Part(scan, 1, false, world.Name("a")));
        Assert.NotNull((await world.Agents[device].Report(Part(scan, 3, true, world.Name("c")))).Refused);
        Assert.Equal([world.Name("old")], (await world.Statuses(device)).Keys);
        Assert.Contains("Part 3", Assert.Single(await world.Audited(world.Org, "patches.report")), StringComparison.Ordinal);
        Assert.Equal(0, await world.Scalar<int>("select count(*) from patch_report_parts where device_id = @device", new { device }));
    }

    [EngineFact]
    public async Task An_organization_whose_devices_left_too_much_unfinished_begins_no_further_report_in_parts()
    {
        var world = await PatchWorld.Create(silo);
        var (device, other) = (await world.Device(), await world.Device());
        var foreign = await world.Device(org: world.Tenants.Sister);
        var begun = Guid.NewGuid();
        await world.Report(device, Part(begun, 1, false, world.Name("a")));
        await Fill(world, 256 << 20);
        var refused = await Assert.ThrowsAsync<AgentRefusedException>(() => world.Agents[other].Report(Part(Guid.NewGuid(), 1, false, world.Name("b"))));
        Assert.Contains("later", refused.Message, StringComparison.Ordinal);

        // What is begun can be finished, what fits one frame is not concerned, and neither is anybody else.
        await world.Report(device, Part(begun, 2, true, world.Name("c")));
        Assert.Equal(2, (await world.Statuses(device)).Count);
        await world.Report(other, [world.Name("d")]);
        await world.Report(foreign, Part(Guid.NewGuid(), 1, false, world.Name("e")));

        // Far beyond, nothing of it is finished: each is refused and forgotten, until there is room.
        var late = Guid.NewGuid();
        await Fill(world, 0);
        await world.Report(other, Part(late, 1, false, world.Name("f")));
        await Fill(world, 1 << 30);
        Assert.NotNull((await world.Agents[other].Report(Part(late, 2, true, world.Name("g")))).Refused);
        Assert.Equal(0, await world.Scalar<int>("select count(*) from patch_report_parts where device_id = @other", new { other }));
    }

    /// <summary>As if a device of the organization had left so many bytes of unfinished reports.</summary>
    private static Task<int> Fill(PatchWorld world, int bytes) => world.Write(async tx =>
    {
        await tx.Connection!.ExecuteAsync("delete from patch_report_parts where scan_id = @org", new { org = world.Org }, tx);
        return await tx.Connection!.ExecuteAsync(
            "insert into patch_report_parts (device_id, source, scan_id, part, org_id, bytes, body, received_at) values (@device, 3, @org, 1, @org, @bytes, '', @now)",
            new { device = Guid.NewGuid(), org = world.Org, bytes, now = world.Now.ToUnixTimeMilliseconds() },
            tx);
    });

    [EngineFact]
    public async Task A_newer_scan_takes_the_place_of_one_that_was_never_finished()
    {
        var world = await PatchWorld.Create(silo);
        var device = await world.Device();
        await world.Report(device, Part(Guid.NewGuid(), 1, false, world.Name("stale")));
        var scan = Guid.NewGuid();
        await world.Report(device, Part(scan, 1, false, world.Name("a")));
        await world.Report(device, Part(scan, 2, true, world.Name("b")));
        Assert.Equal([world.Name("a"), world.Name("b")], (await world.Statuses(device)).Keys.Order());
    }

    private static ReportPatches Part(Guid scan, int part, bool last, string name) =>
        new("linux", true, [PatchWorld.Reported(name)], [], scan, part, last);

    [Collection(SiloFixture.Sqlite)]
    public sealed class OnSqlite(SqliteSilo silo) : ReportInPartsTests(silo);

    [Collection(SiloFixture.Postgres)]
    public sealed class OnPostgres(PostgresSilo silo) : ReportInPartsTests(silo);
}
