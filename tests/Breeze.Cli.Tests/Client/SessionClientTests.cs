using Breeze.Client;
using Breeze.Contracts.Access;

namespace Breeze.Cli.Tests.Client;

/// <summary>The client as the console uses it: no key, the browser's cookie, and the token that goes with it.</summary>
public sealed class SessionClientTests
{
    private static readonly Contracts.Access.Session Now = new("Night shift", KeyScope.System, null, null, KeyRole.Admin, ["view_fleet"], "token-1", Sample.At, SignedInBy.ApiKey);
    private static readonly Func<HttpResponseMessage> SignedIn = ScriptedServer.Answer(200, Sample.Json(new { data = Now }));
    private static readonly Func<HttpResponseMessage> Made = ScriptedServer.Answer(200, Sample.Json(new { data = Sample.Deployment() }));
    private static readonly Func<HttpResponseMessage> Over = ScriptedServer.Answer(401, """{"status":401,"detail":"Not signed in."}""");

    [Fact]
    public async Task After_signing_in_whatever_changes_something_carries_the_token_and_no_request_a_key()
    {
        var report = ScriptedServer.Answer(200, """{"reportId":"01920000-0000-7000-8000-0000000000b1","status":"pending"}""");
        var server = new ScriptedServer(SignedIn, Made, Made, report, SignedIn);
        using var client = Client(server);
        Assert.Equal(SignedInBy.ApiKey, (await client.Session.SignIn("brz_x")).SignedInBy);
        await client.Deployments.Get(Sample.DeploymentId);
        await client.Deployments.Pause(Sample.DeploymentId);
        await client.Compliance.Request();
        await client.Session.SignOut();
        Assert.Equal([null, null, "token-1", "token-1", "token-1"], server.Credentials.Select(sent => sent.AntiForgery));
        Assert.All(server.Credentials, sent => Assert.Null(sent.Authorization));
        Assert.Equal("""{"key":"brz_x"}""", server.Asked[0].Body!.Replace(""","link":null""", "", StringComparison.Ordinal));
        Assert.Null(client.AntiForgeryToken);
    }

    [Fact]
    public async Task A_page_that_is_loaded_again_learns_its_token_from_the_current_session()
    {
        var server = new ScriptedServer(SignedIn, Made);
        using var client = Client(server);
        await client.Session.Current();
        await client.Deployments.Pause(Sample.DeploymentId);
        Assert.Equal("token-1", server.Credentials[1].AntiForgery);
    }

    [Fact]
    public async Task Signing_out_of_what_is_over_is_no_fault()
    {
        using var client = Client(new ScriptedServer(Over));
        client.AntiForgeryToken = "token-1";
        await client.Session.SignOut();
        Assert.Null(client.AntiForgeryToken);
    }

    [Fact]
    public async Task A_link_that_does_not_sign_in_is_said_in_the_servers_words()
    {
        using var client = Client(new ScriptedServer(Over));
        var refused = await Assert.ThrowsAsync<BreezeException>(() => client.Session.SignInByLink("used"));
        Assert.Equal((401, "Not signed in."), (refused.Status, refused.Message));
    }

    [Fact]
    public async Task The_terminal_prints_a_sign_in_link()
    {
        var server = new ScriptedServer(ScriptedServer.Answer(200, Sample.Json(new { data = new SignInLink("http://breeze.test/sign-in#x", Sample.At) })));
        var run = await CommandRun.Of(server, "sign-in");
        Assert.Equal((ExitCode.Ok, "/api/v1/session/links"), (run.Code, server.Asked[0].Path));
        Assert.StartsWith("http://breeze.test/sign-in#x", run.Output, StringComparison.Ordinal);
        Assert.Equal("Bearer brz_test", server.Credentials[0].Authorization);
    }

    private static BreezeClient Client(ScriptedServer server) => BreezeClient.Connect(
        new Uri("http://breeze.test"), null, new BreezeClientOptions { Handler = server, FirstDelay = TimeSpan.FromMilliseconds(1) });
}
