using System.Text.Json;
using System.Text.Json.Nodes;
using Breeze.Core.Fleet;
using Breeze.Silo.Tests.Fixture;
using CsCheck;
using Xunit;

namespace Breeze.Silo.Tests.Fleet;

public abstract class FilterTests(SiloFixture silo)
{
    [EngineFact]
    public async Task A_filter_in_SQL_means_what_it_means_in_plain_words()
    {
        var world = await FleetWorld.Create(silo);
        Guid[] sites = [world.Site, await world.NewSite()];
        Guid[] groups = [await NewGroup(world), await NewGroup(world), await NewGroup(world)];
        var devices = FilterGen.Device(sites, groups).Array[150].Generate(new PCG(7), null, out _);
        await world.Insert(devices);
        var fields = new FilterFields(FilterFields.OfTheFleet);
        await FilterGen.Filter(sites, groups).SampleAsync(
            async filter =>
            {
                var tree = FilterParser.Parse(JsonSerializer.SerializeToElement(filter), "filter", fields).Value!;
                var named = tree.AllConditions.Any(c =>
                    c is { Field.Name: "status", Negated: false, Value: FilterValue.Texts t } && t.Items.Contains("decommissioned"));
                var expected = devices.Where(d => (named || !d.Decommissioned) && PlainFilter.Matches(tree, d, world.Site, silo.Clock.Now)).ToArray();
                var answer = await FleetWorld.Post(world.Viewer, "filters/preview", new { orgId = world.Org, filter, limit = 200 });
                var actual = answer.GetProperty("devices").EnumerateArray().Select(JsonData.Id).ToHashSet();
                Assert.True(
                    actual.SetEquals(expected.Select(d => d.Id)),
                    $"{filter.ToJsonString()}\nonly in SQL: {Show(devices, actual.Except(expected.Select(d => d.Id)))}\n"
                    + $"only in words: {Show(devices, expected.Select(d => d.Id).Except(actual))}");
                Assert.Equal(expected.Length, answer.GetProperty("totalCount").GetInt32());
            },
            iter: 400,
            threads: 4);
    }

    [EngineTheory]
    [InlineData("%")]
    [InlineData("_")]
    [InlineData("!")]
    [InlineData("'; drop table devices; --")]
    [InlineData("\\")]
    public async Task A_value_stands_for_itself_whatever_it_means_to_a_database(string text)
    {
        var world = await FleetWorld.Create(silo);
        var with = await world.NewDevice($"a{text}b");
        await world.NewDevice("ab");
        var answer = await Preview(world, "hostname", "contains", text);
        Assert.Equal(with.Id, Assert.Single(answer.GetProperty("devices").EnumerateArray()).Id());
    }

    [EngineFact]
    public async Task A_dynamic_group_is_right_whenever_it_is_asked_and_targets_follow_it()
    {
        var world = await FleetWorld.Create(silo);
        var device = await world.NewDevice("web-1");
        await world.NewDevice("db-1");
        var group = await FleetWorld.Post(world.Technician, "groups", new { orgId = world.Org, name = "g", type = "dynamic", filter = One("tags", "hasAny", new[] { "hot" }) });
        Assert.Equal(0, group.GetProperty("deviceCount").GetInt32());
        await FleetWorld.Send(world.Technician, "PATCH", $"devices/{device.Id}", new { tags = new[] { "hot" } });
        var (_, body) = await FleetWorld.Send(world.Viewer, "GET", $"groups/{group.Id()}");
        Assert.Equal(1, body.GetProperty("data").GetProperty("deviceCount").GetInt32());
        var (_, list) = await FleetWorld.Send(world.Viewer, "GET", $"groups/{group.Id()}/devices");
        Assert.Equal(device.Id, Assert.Single(list.GetProperty("data").EnumerateArray()).Id());
        var target = await FleetWorld.Post(world.Viewer, "targets/preview", new { targetConfig = new { type = "groups", groupIds = new[] { group.Id() } } });
        Assert.Equal(1, target.GetProperty("deviceCount").GetInt32());
        var nested = await Preview(world, "groupId", "equals", group.Id());
        Assert.Equal(1, nested.GetProperty("totalCount").GetInt32());
    }

    [EngineFact]
    public async Task Groups_do_not_go_round()
    {
        var world = await FleetWorld.Create(silo);
        var inner = await FleetWorld.Post(world.Technician, "groups", new { name = "g", type = "dynamic", filter = One("tags", "isEmpty", null) });
        var (status, body) = await FleetWorld.Send(
            world.Technician, "POST", "groups", new { name = "g", type = "dynamic", filter = One("groupId", "equals", inner.Id()) });
        Assert.Equal(400, (int)status);
        Assert.True(body.GetProperty("errors").TryGetProperty("filter.conditions[0].value", out _));
    }

    [EngineTheory]
    [InlineData("tags", "hasAll", 100, 50)]
    [InlineData("tags", "hasAny", 100, 50)]
    [InlineData("tags", "notHasAll", 100, 50)]
    [InlineData("hostname", "in", 5, 1_000)]
    [InlineData("custom.rack", "notIn", 5, 1_000)]
    [InlineData("hostname", "contains", 100, 0)]
    public async Task The_largest_filter_that_is_taken_can_be_carried_out(string field, string @operator, int count, int values)
    {
        var world = await FleetWorld.Create(silo);
        var device = await world.NewDevice("v-host");
        object value = values == 0 ? "v" : Enumerable.Range(0, values).Select(i => $"v{i}").ToArray();
        var conditions = Enumerable.Range(0, count).Select(_ => new { field, @operator, value });
        var answer = await FleetWorld.Post(world.Viewer, "filters/preview", new { filter = new { @operator = "AND", conditions } });
        Assert.Equal(@operator is "contains" or "notIn" or "notHasAll" ? 1 : 0, answer.GetProperty("totalCount").GetInt32());
    }

    [EngineFact]
    public async Task Groups_whose_filters_are_too_much_together_are_refused_by_the_member_that_names_them()
    {
        var world = await FleetWorld.Create(silo);
        var values = Enumerable.Range(0, 1_000).Select(i => $"v{i}").ToArray();
        var groups = new List<Guid>();
        for (var i = 0; i < 7; i++)
        {
            var conditions = Enumerable.Range(0, 5).Select(_ => new { field = "hostname", @operator = "in", value = values });
            groups.Add((await FleetWorld.Post(
                world.Technician, "groups", new { orgId = world.Org, name = "g", type = "dynamic", filter = new { @operator = "OR", conditions } })).Id());
        }

        var (status, body) = await FleetWorld.Send(
            world.Viewer, "POST", "targets/preview", new { orgId = world.Org, targetConfig = new { type = "groups", groupIds = groups } });
        Assert.Equal(400, (int)status);
        Assert.True(body.GetProperty("errors").TryGetProperty("targetConfig.groupIds", out _));
    }

    private static async Task<Guid> NewGroup(FleetWorld world) =>
        (await FleetWorld.Post(world.Technician, "groups", new { orgId = world.Org, name = "g", type = "static" })).Id();

    private static Task<JsonElement> Preview(FleetWorld world, string field, string @operator, object? value) =>
        FleetWorld.Post(world.Viewer, "filters/preview", new { orgId = world.Org, filter = One(field, @operator, value) });

    private static JsonObject One(string field, string @operator, object? value)
    {
        var condition = new JsonObject { ["field"] = field, ["operator"] = @operator };
        if (value is not null)
        {
            condition["value"] = JsonSerializer.SerializeToNode(value);
        }

        return new JsonObject { ["operator"] = "AND", ["conditions"] = new JsonArray(condition) };
    }

    private static string Show(TestDevice[] devices, IEnumerable<Guid> ids) => string.Join("; ", devices.Where(d => ids.Contains(d.Id)));
}

[Collection(SiloFixture.Sqlite)]
public sealed class SqliteFilterTests(SqliteSilo silo) : FilterTests(silo);

[Collection(SiloFixture.Postgres)]
public sealed class PostgresFilterTests(PostgresSilo silo) : FilterTests(silo);
