using System.Text.Json;
using System.Text.Json.Nodes;
using Breeze.Contracts.Deployments;
using Breeze.Core.Deployments;
using Breeze.Core.Fleet;

namespace Breeze.Core.Tests.Deployments;

/// <summary>Every member of a deployment's body: what is missing, malformed or contradictory is refused by its name.</summary>
public sealed class DeploymentParsingTests
{
    private const string Id = "0198b6c2-0000-7000-8000-000000000001";

    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web);
    private static readonly FilterFields Fields = new(FilterFields.OfTheFleet);

    public static TheoryData<string, string?, string> Malformed => new()
    {
        { "name", null, "name" },
        { "name", "\"\"", "name" },
        { "name", "\"   \"", "name" },
        { "name", $"\"{new string('x', 201)}\"", "name" },
        { "name", "\"a\\u0000b\"", "name" },
        { "type", null, "type" },
        { "type", "\"Script\"", "type" },
        { "type", "\"reboot\"", "type" },
        { "payload", null, "payload" },
        { "payload", "[]", "payload" },
        { "payload", "\"x\"", "payload" },
        { "payload", "{}", "payload.scriptId" },
        { "payload", """{"scriptId":null}""", "payload.scriptId" },
        { "payload", """{"scriptId":"x"}""", "payload.scriptId" },
        { "payload", """{"scriptId":5}""", "payload.scriptId" },
        { "payload", $$"""{"scriptId":"{{Id}}","rollbackScriptId":"x"}""", "payload.rollbackScriptId" },
        { "payload", $$"""{"scriptId":"{{Id}}","parameters":[]}""", "payload.parameters" },
        { "payload", $$"""{"scriptId":"{{Id}}","parameters":"a=b"}""", "payload.parameters" },
        { "payload", $$"""{"scriptId":"{{Id}}","patchIds":[]}""", "payload.patchIds" },
        { "targetType", "\"groups\"", "targetType" },
        { "targetConfig", null, "targetConfig" },
        { "targetConfig", """{"type":"devices"}""", "targetConfig.deviceIds" },
        { "targetConfig", """{"type":"devices","deviceIds":[]}""", "targetConfig.deviceIds" },
        { "rolloutConfig", null, "rolloutConfig" },
        { "rolloutConfig", """{"type":"later"}""", "rolloutConfig.type" },
    };

    [Theory, MemberData(nameof(Malformed))]
    public void A_malformed_member_is_refused_by_its_name(string member, string? value, string field)
    {
        var answer = Parse(Body(member, value));

        Assert.Equal((RefusalKind.Invalid, field), (answer.Refusal!.Kind, answer.Refusal.Field));
    }

    [Theory]
    [InlineData("""{"type":"groups","groupIds":[]}""", "targetConfig.groupIds")]
    [InlineData("""{"type":"groups"}""", "targetConfig.groupIds")]
    [InlineData("""{"type":"filter"}""", "targetConfig.filter")]
    [InlineData("""{"type":"filter","filter":{}}""", "targetConfig.filter.operator")]
    [InlineData("""{"type":"filter","filter":{"operator":"AND","conditions":[]}}""", "targetConfig.filter.conditions")]
    [InlineData("""{"type":"filter","filter":{"operator":"AND","conditions":[{"field":"hostnam","operator":"equals","value":"a"}]}}""", "targetConfig.filter.conditions[0].field")]
    [InlineData("""{"type":"everyone"}""", "targetConfig.type")]
    public void A_target_that_could_come_to_mean_everyone_is_refused(string config, string field)
    {
        var body = Body("targetConfig", config);
        body.Remove("targetType");

        Assert.Equal(field, Parse(body).Refusal!.Field);
    }

    [Fact]
    public void A_whole_body_is_read()
    {
        var spec = Parse(Body()).Value!;

        Assert.Equal(("Cleanup", "script", "devices"), (spec.Name, spec.Type, spec.Target.Type));
        var script = Assert.IsType<ScriptPayload>(spec.Payload);
        Assert.Equal(new ScriptId(Guid.Parse(Id)), script.ScriptId);
        Assert.Equal("7", script.Parameters!.Value.GetProperty("days").GetString());
        Assert.Null(script.RollbackScriptId);
        Assert.Null(spec.Plan.Staggered);
    }

    [Fact]
    public void Either_of_the_two_places_of_the_target_type_is_enough()
    {
        var inConfigAlone = Body();
        inConfigAlone.Remove("targetType");
        var besideAlone = Body("targetConfig", $$"""{"deviceIds":["{{Id}}"]}""");

        Assert.Equal("devices", Parse(inConfigAlone).Value!.Target.Type);
        Assert.Equal("devices", Parse(besideAlone).Value!.Target.Type);
    }

    [Fact]
    public void The_target_type_is_required_in_one_of_them()
    {
        var body = Body("targetConfig", $$"""{"deviceIds":["{{Id}}"]}""");
        body.Remove("targetType");

        Assert.Equal("targetType", Parse(body).Refusal!.Field);
    }

    [Fact]
    public void All_needs_no_target_config()
    {
        var body = Body("targetType", "\"all\"");
        body.Remove("targetConfig");

        Assert.Equal("all", Parse(body).Value!.Target.Type);
    }

    [Fact]
    public void A_null_rollback_script_is_none() =>
        Assert.Null(Assert.IsType<ScriptPayload>(
            Parse(Body("payload", $$"""{"scriptId":"{{Id}}","rollbackScriptId":null,"parameters":null}""")).Value!.Payload).RollbackScriptId);

    [Fact]
    public void A_long_word_is_shown_cut() =>
        Assert.Contains(new string('x', 40) + "…", Parse(Body("type", $"\"{new string('x', 5_000)}\"")).Refusal!.Message, StringComparison.Ordinal);

    private static JsonObject Body(string? member = null, string? value = null)
    {
        var body = new JsonObject
        {
            ["name"] = " Cleanup ",
            ["type"] = "script",
            ["payload"] = new JsonObject { ["scriptId"] = Id, ["parameters"] = new JsonObject { ["days"] = "7" } },
            ["targetType"] = "devices",
            ["targetConfig"] = new JsonObject { ["type"] = "devices", ["deviceIds"] = new JsonArray(Id) },
            ["rolloutConfig"] = new JsonObject { ["type"] = "immediate" },
        };
        if (member is not null)
        {
            body[member] = value is null ? null : JsonNode.Parse(value);
        }

        return body;
    }

    private static Answer<DeploymentSpec> Parse(JsonObject body) => DeploymentParsing.Parse(body.Deserialize<DeploymentBody>(Web)!, Fields);
}
