using Breeze.Silo.Tests.Fixture;
using Xunit;

namespace Breeze.Silo.Tests.Fleet;

/// <summary>Every malformed body gets its 4xx with the member's name, and changes nothing.</summary>
public abstract class BadInputTests(SiloFixture silo)
{
    private const string Window = "\"scope\":{\"level\":\"site\",\"targetId\":\"{site}\"},\"timeZone\":\"UTC\",\"startsAt\":\"2026-05-01T00:00:00Z\",\"durationMinutes\":60";

    private static readonly string[] Tables = ["sites", "device_groups", "scripts", "enrollment_keys", "maintenance_windows"];

    [EngineTheory]
    [InlineData("sites", "{}", "name")]
    [InlineData("sites", """{"name":" "}""", "name")]
    [InlineData("sites", """{"name":7}""", "name")]
    [InlineData("sites", """{"name":"a\u0000"}""", "name")]
    [InlineData("sites", """{"name":"a\nb"}""", "name")]
    [InlineData("sites", """{"name":"{long}"}""", "name")]
    [InlineData("sites", """{"name":"a","timeZone":"Nowhere"}""", "timeZone")]
    [InlineData("sites", """{"name":"a","timezone":"UTC"}""", "timezone")]
    [InlineData("sites", """{"name":"a","orgId":"7"}""", "orgId")]
    [InlineData("sites", """{"name":"a","name":"b"}""", "name")]
    [InlineData("sites", "[]", null)]
    [InlineData("sites", "{", null)]
    [InlineData("sites", "", null)]
    [InlineData("groups", """{"name":"a"}""", "type")]
    [InlineData("groups", """{"name":"a","type":"smart"}""", "type")]
    [InlineData("groups", """{"type":"static"}""", "name")]
    [InlineData("groups", """{"name":"a","type":"static","filter":{}}""", "filter")]
    [InlineData("groups", """{"name":"a","type":"static","deviceIds":["{unknown}"]}""", "deviceIds[0]")]
    [InlineData("groups", """{"name":"a","type":"static","deviceIds":["{foreign}"]}""", "deviceIds[0]")]
    [InlineData("groups", """{"name":"a","type":"static","deviceIds":["x"]}""", "deviceIds[0]")]
    [InlineData("groups", """{"name":"a","type":"dynamic"}""", "filter")]
    [InlineData("groups", """{"name":"a","type":"dynamic","filter":{"operator":"AND","conditions":[]}}""", "filter.conditions")]
    [InlineData("groups", """{"name":"a","type":"dynamic","filter":{"operator":"AND","conditions":[{"field":"siteId","operator":"equals","value":"{unknown}"}]}}""", "filter.conditions[0].value")]
    [InlineData("groups", """{"name":"a","type":"dynamic","deviceIds":[],"filter":{"operator":"AND","conditions":[{"field":"tags","operator":"isEmpty"}]}}""", "deviceIds")]
    [InlineData("scripts", """{"name":"a","content":"x"}""", "language")]
    [InlineData("scripts", """{"name":"a","language":"perl","content":"x"}""", "language")]
    [InlineData("scripts", """{"name":"a","language":"bash"}""", "content")]
    [InlineData("scripts", """{"name":"a","language":"bash","content":""}""", "content")]
    [InlineData("scripts", """{"name":"a","language":"bash","content":"{256k}"}""", "content")]
    [InlineData("scripts", """{"name":"a","language":"bash","content":"x","timeoutSeconds":0}""", "timeoutSeconds")]
    [InlineData("scripts", """{"name":"a","language":"bash","content":"x\u0000"}""", "content")]
    [InlineData("scripts", """{"name":"a","language":"bash","content":"x","parameters":[{"name":"a","default":"\u0000"}]}""", "parameters[0].default")]
    [InlineData("groups", """{"name":"\u0000","type":"static"}""", "name")]
    [InlineData("scripts", """{"name":"a","language":"bash","content":"x","timeoutSeconds":86401}""", "timeoutSeconds")]
    [InlineData("scripts", """{"name":"a","language":"bash","content":"x","parameters":[{"name":"a-b"}]}""", "parameters[0].name")]
    [InlineData("scripts", """{"name":"a","language":"bash","content":"x","parameters":[{"name":"a"},{"name":"LD_PRELOAD"}]}""", "parameters[1].name")]
    [InlineData("scripts", """{"name":"a","language":"bash","content":"x","parameters":[null]}""", "parameters[0].name")]
    [InlineData("enrollment-keys", """{"name":"a"}""", "siteId")]
    [InlineData("enrollment-keys", """{"name":"a","siteId":"{unknown}"}""", "siteId")]
    [InlineData("enrollment-keys", """{"siteId":"{site}"}""", "name")]
    [InlineData("enrollment-keys", """{"name":"a","siteId":"{site}","expiresAt":"2020-01-01T00:00:00Z"}""", "expiresAt")]
    [InlineData("enrollment-keys", """{"name":"a","siteId":"{site}","expiresAt":"2030-01-01T00:00:00"}""", "expiresAt")]
    [InlineData("enrollment-keys", """{"name":"a","siteId":"{site}","maxUses":0}""", "maxUses")]
    [InlineData("maintenance-windows", """{"name":"a"}""", "scope.level")]
    [InlineData("maintenance-windows", """{"name":"a","scope":{"level":"galaxy","targetId":"{site}"}}""", "scope.level")]
    [InlineData("maintenance-windows", """{"name":"a","scope":{"level":"site"}}""", "scope.targetId")]
    [InlineData("maintenance-windows", """{"name":"a","scope":{"level":"device","targetId":"{site}"},"timeZone":"UTC","startsAt":"2026-05-01T00:00:00Z","durationMinutes":60}""", "scope.targetId")]
    [InlineData("maintenance-windows", "{" + Window + ",\"name\":\"a\",\"recurrence\":\"FREQ=HOURLY\"}", "recurrence")]
    [InlineData("maintenance-windows", "{" + Window + ",\"name\":\"a\",\"recurrence\":\"\"}", "recurrence")]
    [InlineData("maintenance-windows", "{" + Window + "}", "name")]
    [InlineData("filters/preview", "{}", "filter")]
    [InlineData("filters/preview", """{"filter":{}}""", "filter.operator")]
    [InlineData("filters/preview", """{"filter":{"operator":"AND","conditions":[{"field":"x","operator":"equals","value":1}]}}""", "filter.conditions[0].field")]
    [InlineData("filters/preview", """{"limit":201,"filter":{"operator":"AND","conditions":[{"field":"tags","operator":"isEmpty"}]}}""", "limit")]
    [InlineData("targets/preview", "{}", "targetConfig")]
    [InlineData("targets/preview", """{"targetConfig":{"type":"devices","deviceIds":[]}}""", "targetConfig.deviceIds")]
    public async Task A_bad_body_is_400_with_the_members_name_and_changes_nothing(string path, string body, string? field)
    {
        var world = await FleetWorld.Create(silo);
        var foreign = body.Contains("{foreign}", StringComparison.Ordinal) ? (await (await FleetWorld.Create(silo)).NewDevice()).Id : Guid.Empty;
        var before = await Counts(world);
        var text = body.Replace("{site}", world.Site.ToString(), StringComparison.Ordinal)
            .Replace("{unknown}", Guid.CreateVersion7().ToString(), StringComparison.Ordinal)
            .Replace("{foreign}", foreign.ToString(), StringComparison.Ordinal)
            .Replace("{long}", new string('x', 201), StringComparison.Ordinal)
            .Replace("{256k}", new string('x', 256 * 1024 + 1), StringComparison.Ordinal);
        var (status, problem) = await FleetWorld.Send(world.Admin, "POST", path, text);
        Assert.True((int)status == 400, $"{(int)status} {problem}");
        Assert.NotEqual("", problem.Text("error"));
        if (field is not null)
        {
            Assert.True(problem.TryGetProperty("errors", out var errors) && errors.TryGetProperty(field, out _), problem.ToString());
        }

        Assert.Equal(before, await Counts(world));
    }

    [EngineTheory]
    [InlineData("""{"displayName":""}""", "displayName")]
    [InlineData("""{"displayName":7}""", "displayName")]
    [InlineData("""{"tags":[""]}""", "tags[0]")]
    [InlineData("""{"tags":["a",null]}""", "tags[1]")]
    [InlineData("""{"tags":"a"}""", "tags")]
    [InlineData("""{"siteId":"{unknown}"}""", "siteId")]
    [InlineData("""{"customFields":[]}""", "customFields")]
    [InlineData("""{"customFields":{"a b":"x"}}""", "customFields.a b")]
    [InlineData("""{"customFields":{"a":{}}}""", "customFields.a")]
    [InlineData("""{"hostname":"mine"}""", "hostname")]
    public async Task A_bad_patch_of_a_device_is_400_and_leaves_it_as_it_was(string body, string field)
    {
        var world = await FleetWorld.Create(silo);
        var device = await world.NewDevice();
        var (_, before) = await FleetWorld.Send(world.Admin, "GET", $"devices/{device.Id}");
        var (status, problem) = await FleetWorld.Send(
            world.Admin, "PATCH", $"devices/{device.Id}", body.Replace("{unknown}", Guid.CreateVersion7().ToString(), StringComparison.Ordinal));
        Assert.True((int)status == 400, $"{(int)status} {problem}");
        Assert.True(problem.GetProperty("errors").TryGetProperty(field, out _), problem.ToString());
        var (_, after) = await FleetWorld.Send(world.Admin, "GET", $"devices/{device.Id}");
        Assert.Equal(before.ToString(), after.ToString());
    }

    [EngineTheory]
    [InlineData("page=0", "page")]
    [InlineData("limit=201", "limit")]
    [InlineData("limit=x", "limit")]
    [InlineData("cursor=x", "cursor")]
    [InlineData("orgId=7", "orgId")]
    [InlineData("status=asleep", "status")]
    [InlineData("siteId=7", "siteId")]
    public async Task A_bad_query_is_400_with_the_parameters_name(string query, string field)
    {
        var world = await FleetWorld.Create(silo);
        var (status, problem) = await FleetWorld.Send(world.Viewer, "GET", $"devices?{query}");
        Assert.Equal(400, (int)status);
        Assert.True(problem.GetProperty("errors").TryGetProperty(field, out _), problem.ToString());
    }

    private static async Task<string> Counts(FleetWorld world)
    {
        var counts = new List<long>();
        foreach (var table in Tables)
        {
            counts.Add(await world.Count(table));
        }

        return string.Join(' ', counts);
    }
}

[Collection(SiloFixture.Sqlite)]
public sealed class SqliteBadInputTests(SqliteSilo silo) : BadInputTests(silo);

[Collection(SiloFixture.Postgres)]
public sealed class PostgresBadInputTests(PostgresSilo silo) : BadInputTests(silo);
