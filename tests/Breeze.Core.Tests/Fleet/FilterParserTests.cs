using System.Text.Json;
using Breeze.Core.Fleet;

namespace Breeze.Core.Tests.Fleet;

public sealed class FilterParserTests
{
    private const string Id = "0195b5e0-0000-7000-8000-000000000001";
    private static readonly FilterFields Fields = new(FilterFields.OfTheFleet.Append(new FilterField("patches.pending", FieldKind.Number)));

    [Theory]
    [InlineData("hostname", "equals", "\"web-1\"")]
    [InlineData("hostname", "notEquals", "\"web-1\"")]
    [InlineData("hostname", "contains", "\"%_\"")]
    [InlineData("hostname", "notContains", "\"a\"")]
    [InlineData("displayName", "startsWith", "\"a\"")]
    [InlineData("displayName", "notStartsWith", "\"a\"")]
    [InlineData("displayName", "endsWith", "\"a\"")]
    [InlineData("displayName", "notEndsWith", "\"a\"")]
    [InlineData("displayName", "in", "[\"a\",\"b\"]")]
    [InlineData("displayName", "notIn", "[\"a\"]")]
    [InlineData("displayName", "isEmpty", null)]
    [InlineData("displayName", "isNotEmpty", null)]
    [InlineData("displayName", "isNull", "null")]
    [InlineData("displayName", "isNotNull", null)]
    [InlineData("osVersion", "startsWith", "\"10.\"")]
    [InlineData("architecture", "equals", "\"x64\"")]
    [InlineData("agentVersion", "in", "[\"1.0\"]")]
    [InlineData("status", "equals", "\"online\"")]
    [InlineData("status", "in", "[\"offline\",\"decommissioned\"]")]
    [InlineData("osType", "notEquals", "\"macos\"")]
    [InlineData("tags", "hasAny", "[\"prod\"]")]
    [InlineData("tags", "notHasAny", "[\"prod\"]")]
    [InlineData("tags", "hasAll", "[\"prod\",\"eu\"]")]
    [InlineData("tags", "notHasAll", "[\"prod\"]")]
    [InlineData("tags", "contains", "\"prod\"")]
    [InlineData("tags", "isEmpty", null)]
    [InlineData("siteId", "equals", "\"" + Id + "\"")]
    [InlineData("siteId", "notIn", "[\"" + Id + "\"]")]
    [InlineData("groupId", "equals", "\"" + Id + "\"")]
    [InlineData("groupId", "hasAll", "[\"" + Id + "\"]")]
    [InlineData("lastSeenAt", "before", "\"2026-01-01T00:00:00Z\"")]
    [InlineData("lastSeenAt", "notAfter", "\"2026-01-01T00:00:00+02:00\"")]
    [InlineData("lastSeenAt", "withinLast", "{\"amount\":7,\"unit\":\"days\"}")]
    [InlineData("lastSeenAt", "notWithinLast", "{\"amount\":90,\"unit\":\"minutes\"}")]
    [InlineData("lastSeenAt", "isNull", null)]
    [InlineData("enrolledAt", "between", "{\"from\":\"2026-01-01T00:00:00Z\",\"to\":\"2026-02-01T00:00:00Z\"}")]
    [InlineData("enrolledAt", "notBetween", "[\"2026-01-01T00:00:00Z\",\"2026-02-01T00:00:00Z\"]")]
    [InlineData("patches.pending", "greaterThan", "3")]
    [InlineData("patches.pending", "lessThanOrEquals", "3.5")]
    [InlineData("patches.pending", "between", "[0,10]")]
    [InlineData("patches.pending", "in", "[1,2]")]
    [InlineData("custom.Owner", "equals", "\"kim\"")]
    [InlineData("custom.Rack-7", "greaterThanOrEquals", "12")]
    [InlineData("custom.Rack_7", "in", "[1,2]")]
    [InlineData("custom.x", "isNull", null)]
    public void An_operator_that_fits_its_field_and_value_is_taken(string field, string @operator, string? value)
    {
        var answer = Parse(One(field, @operator, value));
        Assert.Null(answer.Refusal);
        Assert.Equal(@operator.StartsWith("not", StringComparison.Ordinal) || @operator.StartsWith("isNot", StringComparison.Ordinal),
            Assert.Single(answer.Value!.AllConditions).Negated);
    }

    [Theory]
    [InlineData("hostname", "hasAny", "[\"a\"]", "operator")]
    [InlineData("hostname", "greaterThan", "3", "operator")]
    [InlineData("hostname", "matches", "\"a\"", "operator")]
    [InlineData("hostname", "EQUALS", "\"a\"", "operator")]
    [InlineData("hostname", "equals", "3", "value")]
    [InlineData("hostname", "equals", "\"\"", "value")]
    [InlineData("hostname", "equals", "null", "value")]
    [InlineData("hostname", "equals", null, "value")]
    [InlineData("hostname", "equals", "\"a\\u0000b\"", "value")]
    [InlineData("hostname", "equals", "\"\\ud800\"", "value")]
    [InlineData("hostname", "in", "[]", "value")]
    [InlineData("hostname", "in", "\"a\"", "value")]
    [InlineData("hostname", "in", "[\"a\",3]", "value[1]")]
    [InlineData("hostname", "isEmpty", "true", "value")]
    [InlineData("hostnam", "equals", "\"a\"", "field")]
    [InlineData("custom.", "equals", "\"a\"", "field")]
    [InlineData("custom.a b", "equals", "\"a\"", "field")]
    [InlineData("custom.a' or 1=1 --", "equals", "\"a\"", "field")]
    [InlineData("status", "equals", "\"asleep\"", "value")]
    [InlineData("status", "contains", "\"on\"", "operator")]
    [InlineData("osType", "in", "[\"linux\",\"beos\"]", "value[1]")]
    [InlineData("tags", "equals", "\"a\"", "operator")]
    [InlineData("tags", "hasAll", "\"a\"", "value")]
    [InlineData("siteId", "equals", "\"7\"", "value")]
    [InlineData("siteId", "isNull", null, "operator")]
    [InlineData("groupId", "in", "[\"x\"]", "value[0]")]
    [InlineData("lastSeenAt", "before", "\"2026-01-01T00:00:00\"", "value")]
    [InlineData("lastSeenAt", "before", "\"yesterday\"", "value")]
    [InlineData("lastSeenAt", "equals", "\"2026-01-01T00:00:00Z\"", "operator")]
    [InlineData("lastSeenAt", "withinLast", "7", "value")]
    [InlineData("lastSeenAt", "withinLast", "{\"amount\":0,\"unit\":\"days\"}", "value.amount")]
    [InlineData("lastSeenAt", "withinLast", "{\"amount\":1,\"unit\":\"months\"}", "value.unit")]
    [InlineData("lastSeenAt", "withinLast", "{\"amount\":1,\"unit\":\"days\",\"x\":1}", "value")]
    [InlineData("enrolledAt", "between", "[\"2026-02-01T00:00:00Z\",\"2026-01-01T00:00:00Z\"]", "value")]
    [InlineData("enrolledAt", "between", "[\"2026-02-01T00:00:00Z\"]", "value")]
    [InlineData("enrolledAt", "between", "{\"from\":\"2026-02-01T00:00:00Z\",\"to\":3}", "value.to")]
    [InlineData("patches.pending", "equals", "\"3\"", "value")]
    [InlineData("patches.pending", "greaterThan", "1e999", "value")]
    [InlineData("custom.x", "greaterThan", "\"3\"", "value")]
    public void A_condition_that_does_not_fit_is_refused_with_its_place(string field, string @operator, string? value, string place)
    {
        var refusal = Parse(One(field, @operator, value)).Refusal;
        Assert.Equal($"targetConfig.filter.conditions[0].{place}", refusal?.Field);
        Assert.Equal(RefusalKind.Invalid, refusal?.Kind);
    }

    [Theory]
    [InlineData("null", "filter")]
    [InlineData("[]", "filter")]
    [InlineData("\"all\"", "filter")]
    [InlineData("{}", "filter.operator")]
    [InlineData("""{"operator":"AND"}""", "filter.conditions")]
    [InlineData("""{"operator":"AND","conditions":[]}""", "filter.conditions")]
    [InlineData("""{"operator":"AND","conditions":{}}""", "filter.conditions")]
    [InlineData("""{"operator":"and","conditions":[{"field":"tags","operator":"isEmpty"}]}""", "filter.operator")]
    [InlineData("""{"operator":"NOT","conditions":[{"field":"tags","operator":"isEmpty"}]}""", "filter.operator")]
    [InlineData("""{"operator":"AND","conditions":[{"field":"tags","operator":"isEmpty"}],"limit":3}""", "filter.limit")]
    [InlineData("""{"operator":"AND","conditions":[7]}""", "filter.conditions[0]")]
    [InlineData("""{"operator":"AND","conditions":[{}]}""", "filter.conditions[0].field")]
    [InlineData("""{"operator":"AND","conditions":[{"field":"tags"}]}""", "filter.conditions[0].operator")]
    [InlineData("""{"operator":"AND","conditions":[{"field":"tags","operator":"isEmpty","valeu":1}]}""", "filter.conditions[0].valeu")]
    [InlineData("""{"operator":"AND","conditions":[{"field":"tags","operator":"isEmpty"},{"operator":"OR","conditions":[]}]}""", "filter.conditions[1].conditions")]
    [InlineData("""{"operator":"AND","conditions":[{"operator":"OR","conditions":[{"field":"tags","operator":"isEmpty"}],"field":"tags"}]}""", "filter.conditions[0].field")]
    public void A_malformed_filter_is_refused_and_never_means_everyone(string filter, string place) =>
        Assert.Equal("targetConfig." + place, Parse(filter).Refusal?.Field);

    [Fact]
    public void No_filter_at_all_is_refused() => Assert.Equal("filter", FilterParser.Parse(null, "filter", Fields).Refusal?.Field);

    [Theory]
    [InlineData(5, true)]
    [InlineData(6, false)]
    public void Five_levels_are_the_most(int levels, bool taken)
    {
        var filter = """{"field":"tags","operator":"isEmpty"}""";
        for (var i = 0; i < levels; i++)
        {
            filter = $$"""{"operator":"AND","conditions":[{{filter}}]}""";
        }

        Assert.Equal(taken, Parse(filter).Refusal is null);
    }

    [Theory]
    [InlineData(100, true)]
    [InlineData(101, false)]
    public void A_hundred_conditions_are_the_most_wherever_they_stand(int count, bool taken)
    {
        var half = string.Join(',', Enumerable.Repeat("""{"field":"tags","operator":"isEmpty"}""", count - 1));
        var filter = $$"""{"operator":"OR","conditions":[{"field":"tags","operator":"isEmpty"},{"operator":"AND","conditions":[{{half}}]}]}""";
        Assert.Equal(taken, Parse(filter).Refusal is null);
    }

    [Theory]
    [InlineData("hostname", "in", 1_000, true)]
    [InlineData("hostname", "in", 1_001, false)]
    [InlineData("tags", "hasAll", 50, true)]
    [InlineData("tags", "hasAll", 51, false)]
    public void A_list_has_a_most(string field, string @operator, int count, bool taken) =>
        Assert.Equal(taken, Parse(One(field, @operator, List(count))).Refusal is null);

    [Theory]
    [InlineData(5, true)]
    [InlineData(6, false)]
    public void All_lists_together_stay_within_what_a_statement_can_carry(int lists, bool taken)
    {
        var condition = $$"""{"field":"hostname","operator":"in","value":{{List(1_000)}}}""";
        var filter = $$"""{"operator":"OR","conditions":[{{string.Join(',', Enumerable.Repeat(condition, lists))}}]}""";
        Assert.Equal(taken ? null : "targetConfig.filter.conditions[5].value", Parse(filter).Refusal?.Field);
    }

    private static string List(int count) => $"[{string.Join(',', Enumerable.Range(0, count).Select(i => $"\"{i}\""))}]";

    private static string One(string field, string @operator, string? value)
    {
        var last = value is null ? "" : $", \"value\": {value}";
        return $$"""{"operator":"AND","conditions":[{"field":{{JsonSerializer.Serialize(field)}},"operator":"{{@operator}}"{{last}}}]}""";
    }

    private static Answer<FilterGroup> Parse(string filter) =>
        FilterParser.Parse(JsonDocument.Parse(filter).RootElement, "targetConfig.filter", Fields);
}
