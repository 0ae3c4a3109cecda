using System.Text.Json;
using Breeze.Core.Fleet;

namespace Breeze.Core.Tests.Fleet;

public sealed class TargetSpecTests
{
    private const string A = "0195b5e0-0000-7000-8000-00000000000a";
    private const string B = "0195b5e0-0000-7000-8000-00000000000b";
    private const string Filter = """{"operator":"AND","conditions":[{"field":"tags","operator":"isEmpty"}]}""";

    [Theory]
    [InlineData("""{"type":"all"}""", "all")]
    [InlineData("""{"type":"all","deviceIds":null}""", "all")]
    [InlineData("""{"type":"devices","deviceIds":["0195b5e0-0000-7000-8000-00000000000a"]}""", "devices")]
    [InlineData("""{"type":"groups","groupIds":["0195b5e0-0000-7000-8000-00000000000a"]}""", "groups")]
    [InlineData("""{"type":"filter","filter":""" + Filter + "}", "filter")]
    public void Each_type_takes_the_one_member_that_belongs_to_it(string config, string type) =>
        Assert.Equal(type, Parse(config).Value?.Type);

    [Theory]
    [InlineData("null", "targetConfig")]
    [InlineData("[]", "targetConfig")]
    [InlineData("{}", "targetConfig.type")]
    [InlineData("""{"type":"everyone"}""", "targetConfig.type")]
    [InlineData("""{"type":7}""", "targetConfig.type")]
    [InlineData("""{"type":"all","filter":{}}""", "targetConfig.filter")]
    [InlineData("""{"type":"devices"}""", "targetConfig.deviceIds")]
    [InlineData("""{"type":"devices","deviceIds":[]}""", "targetConfig.deviceIds")]
    [InlineData("""{"type":"devices","deviceIds":["7"]}""", "targetConfig.deviceIds[0]")]
    [InlineData("""{"type":"groups","deviceIds":["0195b5e0-0000-7000-8000-00000000000a"]}""", "targetConfig.deviceIds")]
    [InlineData("""{"type":"groups","groupIds":null}""", "targetConfig.groupIds")]
    [InlineData("""{"type":"filter"}""", "targetConfig.filter")]
    [InlineData("""{"type":"filter","filter":null}""", "targetConfig.filter")]
    [InlineData("""{"type":"filter","filter":{"operator":"AND","conditions":[]}}""", "targetConfig.filter.conditions")]
    public void Everything_else_is_refused_with_its_place(string config, string field) =>
        Assert.Equal(field, Parse(config).Refusal?.Field);

    [Fact]
    public void An_id_given_twice_counts_once()
    {
        var spec = Parse($$"""{"type":"devices","deviceIds":["{{A}}","{{B}}","{{A}}"]}""").Value;
        Assert.Equal([Guid.Parse(A), Guid.Parse(B)], Assert.IsType<TargetSpec.Devices>(spec).Ids.Select(d => d.Value));
    }

    private static Answer<TargetSpec> Parse(string config) =>
        TargetSpec.Parse(JsonDocument.Parse(config).RootElement, "targetConfig", new FilterFields(FilterFields.OfTheFleet));
}
