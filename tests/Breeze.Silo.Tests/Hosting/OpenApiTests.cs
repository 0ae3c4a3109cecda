using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Breeze.Silo.Tests.Access;
using Breeze.Silo.Tests.Fixture;
using Xunit;

namespace Breeze.Silo.Tests.Hosting;

/// <summary>The API's description: complete, and the one that was agreed on.</summary>
[Collection(SiloFixture.Sqlite)]
public sealed class OpenApiTests(SqliteSilo silo)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    [Fact]
    public async Task Every_route_is_described_with_an_example_of_its_answer_and_its_body()
    {
        var paths = (await Document())["paths"]!.AsObject();
        var wrong = new List<string>();
        foreach (var route in LiveRoute.Of(silo.Services))
        {
            var operation = paths[route.Pattern]?[route.Method.Method.ToLowerInvariant()];
            if (string.IsNullOrWhiteSpace(operation?["summary"]?.GetValue<string>()) || string.IsNullOrWhiteSpace(operation["description"]?.GetValue<string>()))
            {
                wrong.Add($"{route.Name} has no summary or description");
            }

            if (!operation?["responses"]?.AsObject().Any(r => r.Value?["content"]?["application/json"]?["example"] is not null) ?? true)
            {
                wrong.Add($"{route.Name} has no example of its answer");
            }

            if (operation?["requestBody"] is { } body && body["content"]?["application/json"]?["example"] is null)
            {
                wrong.Add($"{route.Name} has no example of its body");
            }

            if (!route.Public && operation?["security"]?.AsArray() is not { Count: > 0 })
            {
                wrong.Add($"{route.Name} names no credential");
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public async Task No_request_requires_a_member_that_may_be_null()
    {
        var document = await Document();
        var schemas = document["components"]!["schemas"]!.AsObject();
        var bodies = document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject()).Select(o => o.Value!["requestBody"]).OfType<JsonNode>();
        var names = bodies.Select(b => b["content"]!["application/json"]!["schema"]!["$ref"]?.GetValue<string>().Split('/')[^1]).OfType<string>().ToHashSet();
        Assert.NotEmpty(names);
        foreach (var schema in names.Select(name => schemas[name]!))
        {
            foreach (var required in (schema["required"]?.AsArray() ?? []).Select(r => r!.GetValue<string>()))
            {
                Assert.DoesNotContain("\"null\"", schema["properties"]![required]!.ToJsonString(), StringComparison.Ordinal);
            }
        }
    }

    /// <summary>Rewrite it with <c>BREEZE_GOLDEN=write dotnet test tests/Breeze.Silo.Tests --filter OpenApi</c>, and read the difference.</summary>
    [Fact]
    public async Task The_description_is_the_one_that_was_agreed_on()
    {
        var golden = Path.Combine(Root(), "docs", "openapi.json");
        var now = (await Document()).ToJsonString(Indented).ReplaceLineEndings("\n") + "\n";
        if (Environment.GetEnvironmentVariable("BREEZE_GOLDEN") == "write")
        {
            await File.WriteAllTextAsync(golden, now);
        }

        var agreed = (await File.ReadAllTextAsync(golden)).ReplaceLineEndings("\n");
        var line = agreed.Split('\n').Zip(now.Split('\n')).Select((pair, i) => (pair, i)).FirstOrDefault(x => x.pair.First != x.pair.Second);
        Assert.True(agreed == now, $"docs/openapi.json differs from line {line.i + 1}: agreed {line.pair.First}, now {line.pair.Second}");
    }

    [Fact]
    public async Task The_reference_page_loads_nothing_from_elsewhere()
    {
        using var client = silo.Client();
        var page = await client.GetStringAsync(new Uri("/docs/", UriKind.Relative));
        Assert.DoesNotContain("http://", page, StringComparison.Ordinal);
        Assert.DoesNotContain("https://", page, StringComparison.Ordinal);
        using var script = await client.GetAsync(new Uri("/docs/scalar.js", UriKind.Relative));
        Assert.Equal(HttpStatusCode.OK, script.StatusCode);
    }

    private async Task<JsonNode> Document()
    {
        using var client = silo.Client();
        return (await client.Get("//openapi/v1.json")).Is(HttpStatusCode.OK).Body!;
    }

    private static string Root()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "Breeze.sln")))
        {
            directory = directory.Parent ?? throw new InvalidOperationException("The tests do not run inside the repository.");
        }

        return directory.FullName;
    }
}
