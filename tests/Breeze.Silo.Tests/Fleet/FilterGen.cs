using System.Text.Json.Nodes;
using CsCheck;

namespace Breeze.Silo.Tests.Fleet;

/// <summary>Random devices, and random filters over them, from words that often hit.</summary>
internal static class FilterGen
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly string[] Names = ["web-1", "WEB-2", "db%1", "db_1", "d!b", "Zürich", "zÜrich-2", "x'--", "日本", "a\"b"];
    private static readonly string[] Parts = ["web", "WEB", "%", "_", "!", "-", "1", "ürich", "'", "本", "b"];
    private static readonly string[] Versions = ["1.0", "1.0.1", "2.0", "Debian 12", "debian 12", "10.0.19045"];
    private static readonly string[] TagWords = ["prod", "Prod", "eu", "edge", "50%"];
    private static readonly string[] Values = ["kim", "Kim", "12", "12.0", "7.5", "-3", "1e3", "", "12a", "ÉCOLE"];
    private static readonly string[] Fields = ["owner", "Rack"];

    private static Gen<T> Pick<T>(params T[] items) => Gen.Int[0, items.Length - 1].Select(i => items[i]);

    private static readonly Gen<string> Name = Pick(Names);
    private static readonly Gen<DateTimeOffset> Time = Gen.Int[0, 60].Select(d => Start.AddDays(d));

    public static Gen<TestDevice> Device(Guid[] sites, Guid[] groups) =>
        from hostname in Name
        from display in Gen.OneOf(Name.Select(_ => (string?)null), Name.Select(n => (string?)n), Name.Select(_ => (string?)""))
        from os in Pick("windows", "macos", "linux")
        from version in Pick(Versions)
        from agent in Pick(Versions)
        from tags in Gen.Shuffle(TagWords).SelectMany(t => Gen.Int[0, 3].Select(n => t[..n]))
        from field in Pick(Fields)
        from value in Pick(Values)
        from hasField in Gen.Bool
        from site in Pick(sites)
        from mine in Gen.Shuffle(groups).SelectMany(g => Gen.Int[0, groups.Length].Select(n => g[..n]))
        from presence in Pick(Enum.GetValues<TestPresence>())
        from went in Time
        from enrolled in Time
        from gone in Gen.Int[0, 9]
        select new TestDevice
        {
            Hostname = hostname,
            DisplayName = display,
            OsType = os,
            OsVersion = version,
            AgentVersion = agent,
            Architecture = "x64",
            Tags = tags,
            Fields = hasField ? new Dictionary<string, string> { [field] = value } : [],
            Site = site,
            Groups = mine,
            Presence = presence,
            WentAt = went,
            EnrolledAt = enrolled,
            Decommissioned = gone == 0,
        };

    public static Gen<JsonObject> Filter(Guid[] sites, Guid[] groups, int depth = 3)
    {
        var leaf = Condition(sites, groups);
        var node = depth == 1 ? leaf : Gen.Frequency((3, leaf), (1, Filter(sites, groups, depth - 1)));
        return Pick("AND", "OR").Select(node.Array[1, 3], (all, nodes) => new JsonObject
        {
            ["operator"] = all,
            ["conditions"] = new JsonArray([.. nodes.Select(n => n.DeepClone())]),
        });
    }

    private static Gen<JsonObject> Condition(Guid[] sites, Guid[] groups) => Gen.OneOf(
        TextCondition(Pick("hostname", "displayName"), Pick(Parts), Name),
        TextCondition(Pick("osVersion", "agentVersion", "architecture"), Pick("1.", "DEB", "x6", "12"), Pick(Versions)),
        TextCondition(Pick("custom.owner", "custom.Rack", "custom.none"), Pick("k", "1", "ÉC"), Pick("KIM", "12", "école", "ÉCOLE")),
        Of(Pick("custom.owner", "custom.Rack"), Numbers, Pick(-3.0, 0, 7.5, 12, 1000), n => JsonValue.Create(n)),
        Of(Gen.Const("status"), ["equals", "notEquals", "in", "notIn"], Pick("online", "offline", "decommissioned"), s => JsonValue.Create(s)),
        Of(Gen.Const("osType"), ["equals", "notEquals", "in", "notIn"], Pick("windows", "macos", "linux"), s => JsonValue.Create(s)),
        Of(Gen.Const("tags"), ["hasAny", "notHasAny", "hasAll", "notHasAll", "contains", "notContains", "isEmpty", "isNotEmpty"], Pick(TagWords), s => JsonValue.Create(s)),
        Of(Gen.Const("siteId"), ["equals", "notEquals", "in", "notIn"], Pick(sites), s => JsonValue.Create(s)),
        Of(Gen.Const("groupId"), ["equals", "notEquals", "in", "hasAny", "notHasAny", "hasAll", "notHasAll"], Pick(groups), s => JsonValue.Create(s)),
        Of(
            Pick("lastSeenAt", "enrolledAt"),
            ["before", "notBefore", "after", "notAfter", "between", "notBetween", "withinLast", "notWithinLast", "isNull", "isNotNull"],
            Time,
            t => JsonValue.Create(t)));

    private static readonly string[] Numbers =
        ["equals", "notEquals", "in", "notIn", "greaterThan", "greaterThanOrEquals", "lessThan", "notLessThan", "lessThanOrEquals", "between", "notBetween"];

    private static Gen<JsonObject> TextCondition(Gen<string> field, Gen<string> part, Gen<string> whole) => Gen.OneOf(
        Of(field, ["contains", "notContains", "startsWith", "notStartsWith", "endsWith", "notEndsWith"], part, s => JsonValue.Create(s)),
        Of(field, ["equals", "notEquals", "in", "notIn", "isEmpty", "isNotEmpty", "isNull", "isNotNull"], whole, s => JsonValue.Create(s)));

    private static Gen<JsonObject> Of<T>(Gen<string> field, string[] operators, Gen<T> value, Func<T, JsonNode?> json)
        where T : IComparable<T> =>
        Gen.Select(field, Pick(operators), value.Array[2, 2], Gen.Int[1, 60], (name, word, two, days) =>
        {
            Array.Sort(two);
            var condition = new JsonObject { ["field"] = name, ["operator"] = word };
            if (Value() is { } given)
            {
                condition["value"] = given;
            }

            return condition;

            JsonNode? Value() => word switch
            {
                "isEmpty" or "isNotEmpty" or "isNull" or "isNotNull" => null,
                "between" or "notBetween" => new JsonObject { ["from"] = json(two[0]), ["to"] = json(two[1]) },
                "withinLast" or "notWithinLast" => new JsonObject { ["amount"] = days, ["unit"] = "days" },
                "in" or "notIn" or "hasAny" or "notHasAny" or "hasAll" or "notHasAll" => new JsonArray(json(two[0]), json(two[1])),
                _ => json(two[0]),
            };
        });
}
