using System.Text.Json;
using Breeze.Contracts.Deployments;

namespace Breeze.Cli.Tests;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("'x' is not an id", "deployments", "get", "x")]
    [InlineData("'deployment' is not known to 'breeze'", "deployment", "list")]
    [InlineData("--limit cannot be negative", "deployments", "list", "--limit", "-1")]
    [InlineData("--file", "deployments", "create")]
    [InlineData("'--foo' is not known to 'breeze deployments'", "deployments", "--foo")]
    [InlineData("either devices or --failure", "deployments", "retry", "01920000-0000-7000-8000-000000000001")]
    [InlineData("cannot be read", "deployments", "create", "-f", "/no/such/file.json")]
    public async Task What_cannot_be_meant_is_one_sentence_and_exit_code_2(string says, params string[] args)
    {
        var run = await CommandRun.Of(new ScriptedServer(), args);

        Assert.Equal(ExitCode.Usage, run.Code);
        Assert.Contains(says, run.Errors, StringComparison.Ordinal);
        Assert.Single(run.Errors.Trim().Split('\n'));
        Assert.Empty(run.Output);
    }

    [Fact]
    public async Task A_refusal_names_the_field_and_ends_with_3()
    {
        var server = new ScriptedServer(ScriptedServer.Answer(400, """{"title":"Bad Request","status":400,"detail":"The request is invalid.","errors":{"status":["must be a state"]},"requestId":"r1"}"""));

        var run = await CommandRun.Of(server, "deployments", "list", "--status", "odd");

        Assert.Equal((ExitCode.Refused, "breeze: The request is invalid. status: must be a state"), (run.Code, run.Errors.Trim()));
    }

    [Fact]
    public async Task A_server_that_stays_away_ends_with_4()
    {
        var server = new ScriptedServer(Enumerable.Repeat(ScriptedServer.Drop(), 5));

        var run = await CommandRun.Of(server, "deployments", "list");

        Assert.Equal((ExitCode.Unreachable, "breeze: http://breeze.test cannot be reached."), (run.Code, run.Errors.Trim()));
    }

    [Fact]
    public async Task A_list_for_scripts_is_a_json_array_of_what_the_api_answered()
    {
        var run = await CommandRun.Of(new ScriptedServer(ScriptedServer.Answer(200, Sample.Page(Sample.Deployment()))), "deployments", "list", "--json");

        using var json = JsonDocument.Parse(run.Output);
        var first = json.RootElement[0];
        Assert.Equal((ExitCode.Ok, "running", 7), (run.Code, first.GetProperty("status").GetString(), first.GetProperty("progress").GetProperty("completed").GetInt32()));
    }

    [Fact]
    public async Task A_hostile_name_cannot_steer_the_terminal()
    {
        var server = new ScriptedServer(ScriptedServer.Answer(200, Sample.Page(Sample.Deployment("evil\u001b[2J\r\n[red]x"))));

        var run = await CommandRun.Of(server, "deployments", "list");

        Assert.DoesNotContain('\u001b', run.Output);
        Assert.Contains("evil·[2J··[red]x", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_stops_asking_once_the_limit_is_there()
    {
        var page = Sample.Page(Sample.Deployment("a"), Sample.Deployment("b")).Replace("\"nextCursor\":null", "\"nextCursor\":\"c\"", StringComparison.Ordinal);
        var server = new ScriptedServer(ScriptedServer.Answer(200, page));

        var run = await CommandRun.Of(server, "deployments", "list", "--limit", "1");

        Assert.Contains("The first 1", run.Output, StringComparison.Ordinal);
        Assert.Single(server.Asked);
    }

    [Fact]
    public async Task A_body_with_an_unknown_member_is_refused_before_it_is_sent()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, """{"name":"x","rolloutConfig":{"staggered":{"pauseOnFailurePrecent":20}}}""");

        var run = await CommandRun.Of(new ScriptedServer(), "deployments", "create", "-f", file);

        Assert.Equal(ExitCode.Usage, run.Code);
        Assert.Contains("pauseOnFailurePrecent", run.Errors, StringComparison.Ordinal);
        File.Delete(file);
    }

    [Fact]
    public async Task A_retry_that_every_device_refuses_ends_with_3()
    {
        var answer = Sample.Json(new { data = new RetriedMany([], [new RefusedRetry(Guid.Empty, "offline")]) });
        var run = await CommandRun.Of(
            new ScriptedServer(ScriptedServer.Answer(200, answer)), "deployments", "retry", $"{Sample.DeploymentId}", "--failure", "exit_code:1:disk");

        Assert.Equal(ExitCode.Refused, run.Code);
        Assert.Contains("offline", run.Output, StringComparison.Ordinal);
    }
}
