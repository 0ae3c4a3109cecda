using System.Net;
using Breeze.Contracts.Agents;
using Breeze.Silo.Patches;
using Breeze.Silo.Tests.Fixture;
using Dapper;
using Xunit;
using PatchResultStatus = Breeze.Core.Patches.PatchResultStatus;

namespace Breeze.Silo.Tests.Patches;

/// <summary>
/// Random scans, outcomes, decisions and decommissionings, all at once: at every look the kept counts equal a recount, and what is absent is
/// missing exactly where it is approved.
/// </summary>
public abstract class CountPropertyTests(SiloFixture silo)
{
    private const int Devices = 8;
    private const int Patches = 12;
    private const int Steps = 120;
    private const int AtOnce = 6;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 6)];

    [EngineTheory]
    [MemberData(nameof(Seeds))]
    public async Task Counts_equal_a_recount_whatever_happens_at_once(int seed)
    {
        var world = await PatchWorld.Create(silo);
        var devices = await world.Devices(Devices);
        string[] names = [.. Enumerable.Range(0, Patches).Select(i => world.Name($"p{i}"))];
        // Each exists from the start, so that it can be decided about.
        await world.Report(devices[0], names);
        var ids = new Dictionary<string, Guid>();
        foreach (var name in names)
        {
            ids.Add(name, await world.IdOf(name));
        }

        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(async worker =>
        {
            var random = new Random(seed * 1000 + worker);
            for (var step = 0; step < Steps / AtOnce; step++)
            {
                await Step(world, devices, ids, random);
                if (random.Next(4) == 0)
                {
                    await CountInvariants.Hold(silo, world.Org);
                }
            }
        }));
        await CountInvariants.Hold(silo, world.Org);
        await AbsentOnesAreMissingWhereApproved(world, $"seed {seed}");

        // The summary shows what the counts say, and the counts what the rows say.
        var rows = await world.Scalar<long>("select count(*) from device_patches where org_id = @org and status in (1, 2, 3, 4, 5)", new { org = world.Org });
        Assert.Equal(rows, (await world.Technician.Get("/patches/compliance")).Is(HttpStatusCode.OK).Data["total"]!.GetValue<long>());
    }

    private Task Step(PatchWorld world, IReadOnlyList<Guid> devices, Dictionary<string, Guid> ids, Random random)
    {
        var device = devices[random.Next(devices.Count)];
        var id = ids.Values.ElementAt(random.Next(ids.Count));
        return random.Next(20) switch
        {
            < 10 => Scan(world, device, [.. ids.Keys], random),
            < 14 => Outcomes(world, device, [.. ids.Values.Where(_ => random.Next(3) == 0)], random),
            < 19 => Decide(world, id, random.Next(3)),
            _ => random.Next(4) == 0 ? Decommission(world, device) : Scan(world, device, [.. ids.Keys], random),
        };
    }

    private static async Task Scan(PatchWorld world, Guid device, string[] names, Random random)
    {
        var shown = names.ToLookup(_ => random.Next(3));
        var report = new ReportPatches(
            "linux", random.Next(5) > 0, [.. shown[0].Select(n => PatchWorld.Reported(n))], [.. shown[1].Select(n => PatchWorld.Reported(n))]);
        // A device that is out of service is refused; that is one of the things that happen at once here.
        await world.Agents[device].TryReport(report);
    }

    private static async Task Outcomes(PatchWorld world, Guid device, Guid[] patches, Random random)
    {
        PatchOutcome[] outcomes = [.. patches.Select(p => new PatchOutcome(
            new(world.Org), new(device), p, (PatchResultStatus)random.Next(1, 5), "error", false))];
        await world.Write(async tx =>
        {
            await DevicePatchStatuses.Apply(tx, outcomes, world.Now);
            return true;
        });
    }

    private static async Task Decide(PatchWorld world, Guid patch, int how)
    {
        var reply = how switch
        {
            0 => await world.Technician.Post($"/patches/{patch}/decline", new { orgId = world.Org }),
            1 => await world.Technician.Post($"/patches/{patch}/defer", new { orgId = world.Org, deferUntil = world.Now.AddDays(1) }),
            _ => await world.Technician.Post($"/patches/{patch}/approve", new { orgId = world.Org }),
        };
        reply.Is(HttpStatusCode.OK);
    }

    private async Task Decommission(PatchWorld world, Guid device)
    {
        var reply = await silo.Admin.Delete($"/devices/{device}");
        Assert.True((int)reply.Status < 500, reply.Comparable);
    }

    private Task<bool> AbsentOnesAreMissingWhereApproved(PatchWorld world, string of) => silo.Database.Read(async c =>
    {
        var wrong = (await c.QueryAsync<string>(
            """
            select cast(t.device_id as varchar(40)) || ' ' || cast(t.patch_id as varchar(40)) || ': ' || t.status || ' though decided ' || coalesce(a.status, 1)
            from device_patches t left join patch_approvals a on a.org_id = t.org_id and a.patch_id = t.patch_id
            where t.org_id = @org and ((t.status = 5 and coalesce(a.status, 1) <> 2) or (t.status = 6 and a.status = 2))
            """,
            new { org = world.Org })).AsList();
        Assert.True(wrong.Count == 0, $"{of}: {string.Join('\n', wrong)}");
        return true;
    });

    [Collection(SiloFixture.Sqlite)]
    public sealed class OnSqlite(SqliteSilo silo) : CountPropertyTests(silo);

    [Collection(SiloFixture.Postgres)]
    public sealed class OnPostgres(PostgresSilo silo) : CountPropertyTests(silo);
}
