using System.Net;
using Breeze.Contracts.Access;
using Breeze.Silo.Tests.Fixture;
using Xunit;

namespace Breeze.Silo.Tests.Hosting;

/// <summary>What the HTTP edge makes of bad input; it is the same code on both engines.</summary>
[Collection(SiloFixture.Sqlite)]
public sealed class ProblemTests(SqliteSilo silo)
{
    [Theory]
    [InlineData("""{""", null)]
    [InlineData("""nonsense""", null)]
    [InlineData("""3""", null)]
    [InlineData("""[]""", null)]
    [InlineData("""null""", null)]
    [InlineData("", null)]
    [InlineData("""{}""", "name")]
    [InlineData("""{"name":null}""", "name")]
    [InlineData("""{"name":3}""", "name")]
    [InlineData("""{"name":["a"]}""", "name")]
    [InlineData("""{"name":""}""", "name")]
    [InlineData("""{"name":"a\u0000b"}""", "name")]
    [InlineData("""{"name":"a\ud800b"}""", "name")]
    [InlineData("""{"name":"a","nmae":"b"}""", "nmae")]
    [InlineData("""{"name":"a","name":"b"}""", "name")]
    [InlineData("""{"name":"a","partnerId":"7"}""", "partnerId")]
    [InlineData("""{"name":"a","partnerId":{}}""", "partnerId")]
    [InlineData("""{"name":"a","partnerId":"0198f6a0-0000-7000-8000-00000000ffff"}""", "partnerId")]
    public async Task A_bad_body_is_refused_in_words_that_name_the_member_and_no_type(string body, string? field)
    {
        var refused = (await silo.Admin.Post("/organizations", body)).Is(HttpStatusCode.BadRequest);
        Assert.Equal("application/problem+json", refused.Message.Content.Headers.ContentType?.MediaType);
        Assert.Equal(400, refused.Body!["status"]!.GetValue<int>());
        Assert.Equal(refused.Body["detail"]!.GetValue<string>(), refused.Error);
        Assert.Equal(refused.Message.Headers.GetValues("X-Request-Id").Single(), refused.Body["requestId"]!.GetValue<string>());
        Assert.DoesNotContain("System.", refused.Body.ToJsonString(), StringComparison.Ordinal);
        Assert.DoesNotContain("Breeze.", refused.Body.ToJsonString(), StringComparison.Ordinal);
        if (field is not null)
        {
            Assert.True(refused.Body["errors"]?[field] is not null, refused.Body.ToJsonString());
        }
    }

    [Theory]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=201", "limit")]
    [InlineData("limit=ten", "limit")]
    [InlineData("limit=5&limit=6", "limit")]
    [InlineData("page=0", "page")]
    [InlineData("page=-1", "page")]
    [InlineData("page=99999999999", "page")]
    [InlineData("cursor=nonsense", "cursor")]
    [InlineData("cursor=eyJvZiI6IlBhcnRuZXJQb3NpdGlvbiIsImF0Ijp7ImlkIjoiMDE5OGY2YTAtMDAwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDAyIn19", "cursor")]
    public async Task A_page_outside_its_bounds_is_refused_by_name(string query, string field)
    {
        var refused = (await silo.Admin.Get($"/organizations?{query}")).Is(HttpStatusCode.BadRequest);
        Assert.NotNull(refused.Body!["errors"]![field]);
    }

    [Fact]
    public async Task A_malformed_id_an_unknown_address_and_a_wrong_method_are_problems_too()
    {
        Assert.NotNull((await silo.Admin.Get("/organizations/7")).Is(HttpStatusCode.BadRequest).Body!["errors"]!["id"]);
        Assert.NotEmpty((await silo.Admin.Get("/nothing/here")).Is(HttpStatusCode.NotFound).Error);
        Assert.NotEmpty((await silo.Admin.Send(HttpMethod.Patch, "/organizations")).Is(HttpStatusCode.MethodNotAllowed).Error);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_over_one_megabyte_is_refused_whether_it_says_its_length_or_not(bool chunked)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/api/v1/organizations", UriKind.Relative))
        {
            Content = new StringContent($$"""{"name":"{{new string('a', 1_100_000)}}"}""", System.Text.Encoding.UTF8, "application/json"),
        };
        request.Headers.TransferEncodingChunked = chunked;
        using var client = silo.Client(silo.AdminKey);
        using var answer = await client.SendAsync(request);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
    }

    [Fact]
    public async Task A_body_that_is_not_json_by_its_type_is_refused()
    {
        using var content = new StringContent("name=a", System.Text.Encoding.UTF8, "text/plain");
        using var answer = await silo.Admin.PostAsync(new Uri("/api/v1/organizations", UriKind.Relative), content);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, answer.StatusCode);
    }

    [Fact]
    public async Task What_is_refused_by_role_is_not_judged_by_its_body()
    {
        var tenants = await Tenants.Make(silo);
        using var viewer = await tenants.Client(KeyRole.Viewer);
        (await viewer.Post("/organizations", "{")).Is(HttpStatusCode.Forbidden);
        using var nobody = silo.Client();
        (await nobody.Post("/organizations", "{")).Is(HttpStatusCode.Unauthorized);
    }
}
