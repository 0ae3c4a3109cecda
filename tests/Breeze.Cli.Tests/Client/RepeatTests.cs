using Breeze.Client;
using Breeze.Client.Http;
using Breeze.Contracts.Deployments;

namespace Breeze.Cli.Tests.Client;

public sealed class RepeatTests
{
    private const string Busy = """{"title":"Unavailable","status":503,"detail":"The database is away."}""";
    private static readonly string Made = Sample.Json(new { data = Sample.Deployment() });

    [Fact]
    public async Task A_create_is_repeated_under_one_idempotency_key()
    {
        var server = new ScriptedServer(ScriptedServer.Drop(), ScriptedServer.Answer(503, Busy), ScriptedServer.Answer(201, Made));
        using var client = Client(server);

        var made = await client.Deployments.Create(new DeploymentBody { Name = "x" });

        Assert.Equal(Sample.DeploymentId, made.Value.Id);
        Assert.Equal(3, server.Asked.Count);
        Assert.Single(server.Asked.Select(asked => asked.IdempotencyKey).Distinct());
        Assert.NotNull(server.Asked[0].IdempotencyKey);
        Assert.Single(server.Asked.Select(asked => asked.Body).Distinct());
    }

    [Fact]
    public async Task Two_calls_have_two_keys()
    {
        var server = new ScriptedServer(ScriptedServer.Answer(200, Made), ScriptedServer.Answer(200, Made));
        using var client = Client(server);

        await client.Deployments.Pause(Sample.DeploymentId);
        await client.Deployments.Pause(Sample.DeploymentId);

        Assert.NotEqual(server.Asked[0].IdempotencyKey, server.Asked[1].IdempotencyKey);
    }

    [Fact]
    public async Task Repeating_is_bounded_and_ends_with_the_servers_own_sentence()
    {
        var server = new ScriptedServer(Enumerable.Repeat(ScriptedServer.Answer(503, Busy), 5));
        using var client = Client(server);

        var gaveUp = await Assert.ThrowsAsync<BreezeException>(() => client.Deployments.Get(Sample.DeploymentId));

        Assert.Equal((503, "The database is away.", true, 5), (gaveUp.Status, gaveUp.Message, gaveUp.IsUnreachable, server.Asked.Count));
    }

    [Fact]
    public async Task A_refusal_is_not_repeated_and_carries_its_problem()
    {
        var server = new ScriptedServer(ScriptedServer.Answer(
            400, """{"title":"Bad Request","status":400,"detail":"No retries are left.","retryCount":3,"maxRetries":3,"errors":{"a.b":["wrong"]},"requestId":"r9"}"""));
        using var client = Client(server);

        var refused = await Assert.ThrowsAsync<BreezeException>(() => client.Deployments.Retry(Sample.DeploymentId, Guid.NewGuid()));

        Assert.Equal((400, "r9", 3, "wrong"), (refused.Status, refused.RequestId, refused.Members["retryCount"].GetInt32(), refused.Errors["a.b"][0]));
        Assert.Single(server.Asked);
    }

    [Fact]
    public async Task A_conditional_change_whose_answer_was_lost_is_not_repeated()
    {
        var server = new ScriptedServer(ScriptedServer.Drop());
        using var client = Client(server);

        await Assert.ThrowsAsync<BreezeException>(() => client.Deployments.Update(Sample.DeploymentId, new DeploymentBody(), "\"1\""));

        Assert.Single(server.Asked);
    }

    [Fact]
    public async Task A_delete_whose_answer_was_lost_is_done_when_nothing_is_left()
    {
        var server = new ScriptedServer(ScriptedServer.Drop(), ScriptedServer.Answer(404, """{"title":"Not Found","status":404}"""));
        using var client = Client(server);

        await client.Deployments.Delete(Sample.DeploymentId);

        Assert.Equal(2, server.Asked.Count);
    }

    [Fact]
    public async Task A_delete_of_what_was_never_there_is_refused()
    {
        using var client = Client(new ScriptedServer(ScriptedServer.Answer(404, """{"title":"Not Found","status":404}""")));

        Assert.Equal(404, (await Assert.ThrowsAsync<BreezeException>(() => client.Deployments.Delete(Sample.DeploymentId))).Status);
    }

    [Fact]
    public async Task A_retry_after_that_is_too_long_goes_to_the_caller()
    {
        var server = new ScriptedServer(ScriptedServer.Answer(429, """{"title":"Too Many Requests","status":429}""", retryAfter: "3600"));
        using var client = Client(server);

        Assert.Equal(429, (await Assert.ThrowsAsync<BreezeException>(() => client.Deployments.Get(Sample.DeploymentId))).Status);
        Assert.Single(server.Asked);
    }

    [Fact]
    public void Waits_double_stay_within_their_jitter_and_never_undercut_what_was_asked()
    {
        var options = new BreezeClientOptions { FirstDelay = TimeSpan.FromSeconds(1), LongestDelay = TimeSpan.FromSeconds(8), Chance = new Random(1) };
        for (var i = 0; i < 200; i++)
        {
            Assert.InRange(Backoff.Wait(3, null, options), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(4));
            Assert.InRange(Backoff.Wait(30, null, options), TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(8));
            Assert.InRange(Backoff.Wait(1, TimeSpan.FromSeconds(10), options), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(12.5));
        }
    }

    [Fact]
    public async Task All_pages_are_walked_by_their_cursors()
    {
        var first = Sample.Page(Sample.Deployment("a")).Replace("\"nextCursor\":null", "\"nextCursor\":\"c 1\"", StringComparison.Ordinal);
        var server = new ScriptedServer(ScriptedServer.Answer(200, first), ScriptedServer.Answer(200, Sample.Page(Sample.Deployment("b"))));
        using var client = Client(server);

        var names = new List<string>();
        await foreach (var deployment in client.Deployments.List())
        {
            names.Add(deployment.Name);
        }

        Assert.Equal(["a", "b"], names);
        Assert.Equal("/api/v1/deployments?limit=100&cursor=c%201", server.Asked[1].Path);
    }

    private static BreezeClient Client(ScriptedServer server) =>
        new(new HttpClient(server) { BaseAddress = new Uri("http://breeze.test") }, "brz_test", new BreezeClientOptions { FirstDelay = TimeSpan.FromMilliseconds(1) });
}
