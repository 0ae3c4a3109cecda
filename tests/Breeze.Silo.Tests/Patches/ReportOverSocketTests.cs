using System.Net;
using Breeze.Contracts.Agents;
using Breeze.Silo.Tests.Agents;
using Breeze.Silo.Tests.Fixture;
using Dapper;
using Microsoft.AspNetCore.SignalR;
using Xunit;

namespace Breeze.Silo.Tests.Patches;

/// <summary>Reports as they come over a real socket: what the hub does before anybody has read them.</summary>
public abstract class ReportOverSocketTests(SiloFixture silo)
{
    [EngineFact]
    public async Task A_report_over_the_hub_is_taken_and_one_of_the_wrong_shape_is_refused_and_audited()
    {
        var world = await AgentWorld.Create(silo);
        var device = await world.Enrol();
        await using var agent = await TestAgent.Connect(silo, device);
        var name = $"p-{world.Org:N}";
        Assert.Null((await agent.ReportPatches(new ReportPatches("linux", true, [new(name, "Title")], []))).Refused);
        var patches = (await silo.Admin.Get($"/devices/{device.DeviceId}/patches")).Is(HttpStatusCode.OK).Body!["data"]!.AsArray();
        Assert.Equal(name, Assert.Single(patches)!["externalId"]!.GetValue<string>());
        foreach (var wrong in new object[] { "text", 3, new[] { 1 }, new { source = 3 }, new { source = "linux", complete = "yes", available = Array.Empty<int>(), installed = Array.Empty<int>() } })
        {
            Assert.NotNull((await agent.ReportPatches(wrong)).Refused);
        }

        Assert.Single(await Audited(world.Org));
        await silo.Clock.Advance(TimeSpan.FromMinutes(2));
        await silo.Clock.AdvanceUntil(
            "the minute's further refusals", async () => ((await Audited(world.Org)).Count == 2, await Audited(world.Org)), TimeSpan.FromMinutes(5));
        Assert.Contains("\"count\":4", (await Audited(world.Org))[1], StringComparison.Ordinal);
    }

    [EngineFact]
    public async Task A_report_before_Hello_is_not_taken()
    {
        var world = await AgentWorld.Create(silo);
        var device = await world.Enrol();
        await using var agent = await TestAgent.Open(silo, device.Token);
        await Assert.ThrowsAsync<HubException>(() => agent.ReportPatches(new ReportPatches("linux", true, [], [])));
    }

    [EngineFact]
    public async Task A_frame_that_is_too_large_ends_the_connection_changes_nothing_and_is_audited()
    {
        var world = await AgentWorld.Create(silo);
        var device = await world.Enrol();
        await using var agent = await TestAgent.Connect(silo, device);
        Assert.Null((await agent.ReportPatches(new ReportPatches("linux", true, [new("kept", "Title")], []))).Refused);
        var large = new ReportPatches("linux", true, [.. Enumerable.Range(0, 3_000).Select(i => new ReportedPatch($"p{i}", new string('x', 100)))], []);
        await Assert.ThrowsAnyAsync<Exception>(() => agent.ReportPatches(large));
        await agent.IsClosed("after a frame of more than 256 KB");
        var patches = (await silo.Admin.Get($"/devices/{device.DeviceId}/patches")).Is(HttpStatusCode.OK).Body!["data"]!.AsArray();
        Assert.Single(patches);
        for (var waited = 0; (await Audited(world.Org)).Count == 0; waited++)
        {
            Assert.True(waited < 200, "The oversized frame was not audited.");
            await Task.Delay(20);
        }
    }

    private Task<List<string>> Audited(Guid org) => silo.Database.Read(async c => (await c.QueryAsync<string>(
        "select details from audit_logs where org_id = @org and action = 'patches.report' order by seq", new { org })).AsList());

    [Collection(SiloFixture.Sqlite)]
    public sealed class OnSqlite(SqliteSilo silo) : ReportOverSocketTests(silo);

    [Collection(SiloFixture.Postgres)]
    public sealed class OnPostgres(PostgresSilo silo) : ReportOverSocketTests(silo);
}
