using System.Text.Json;
using Breeze.Contracts;
using Breeze.Contracts.Patches;

namespace Breeze.Cli.Tests;

public sealed class PatchCommandTests
{
    private static readonly Guid Id = new("01920000-0000-7000-8000-0000000000a1");
    private static readonly PatchCounts Counts = new(3, 5, 1, 0, 0);

    [Fact]
    public async Task A_list_sends_what_it_is_narrowed_by_and_shows_counts()
    {
        var server = Answering(new PagedList<Patch>([Sample("Security update\u001b[2J")], new(1, 200, 1), null));
        var run = await CommandRun.Of(server, "patches", "list", "--severity", "critical", "--org", $"{Id}", "--sort=-severity");
        Assert.Equal((ExitCode.Ok, $"/api/v1/patches?limit=200&orgId={Id}&severity=critical&sort=-severity"), (run.Code, server.Asked[0].Path));
        Assert.Contains("KB1", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', run.Output);
    }

    [Fact]
    public async Task A_decision_is_sent_with_its_note_and_a_key_of_its_own()
    {
        var server = Answering(new DecidedPatch(Id, Id, "declined", null, "breaks printers", new("api_key", "k", "admin"), Cli.Tests.Sample.At));
        var run = await CommandRun.Of(server, "patches", "decline", $"{Id}", "--note", "breaks printers");
        var (method, path, key, body) = server.Asked[0];
        Assert.Equal((HttpMethod.Post, $"/api/v1/patches/{Id}/decline"), (method, path));
        Assert.NotNull(key);
        Assert.Contains("\"note\":\"breaks printers\"", body, StringComparison.Ordinal);
        Assert.Contains("declined", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bulk_approval_that_left_some_out_names_them_and_ends_with_1()
    {
        var run = await CommandRun.Of(Answering(new BulkApproval([], [new(Id, "rejected")])), "patches", "bulk-approve", $"{Id}");
        Assert.Equal(ExitCode.DeploymentFailed, run.Code);
        Assert.Contains($"{Id} (rejected)", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_scan_without_devices_is_refused_before_anything_is_sent()
    {
        var run = await CommandRun.Of(new ScriptedServer(), "patches", "scan");
        Assert.Equal(ExitCode.Usage, run.Code);
    }

    [Fact]
    public async Task A_report_is_asked_for_once_waited_for_and_written_whole()
    {
        var file = Path.Combine(Path.GetTempPath(), $"breeze-report-{Guid.NewGuid():N}.csv");
        var server = new ScriptedServer(
            ScriptedServer.Answer(503, "{}"),
            ScriptedServer.Answer(200, Json(new RequestedReport(Id, "pending"))),
            ScriptedServer.Answer(200, Json(new Single<ComplianceReport>(Report("completed")))),
            ScriptedServer.Answer(200, "hostname,patch\npc-1,KB1\n"));
        try
        {
            var run = await CommandRun.Of(server, "compliance", "report", "--wait", "--out", file, "--severity", "critical");
            Assert.True(run.Code == ExitCode.Ok, run.Errors);
            Assert.Equal("hostname,patch\npc-1,KB1\n", await File.ReadAllTextAsync(file));
            Assert.Equal("/api/v1/patches/compliance/report?severity=critical&format=csv", server.Asked[0].Path);
            Assert.NotNull(server.Asked[0].IdempotencyKey);
            Assert.Equal(server.Asked[0].IdempotencyKey, server.Asked[1].IdempotencyKey);
            Assert.False(File.Exists(file + ".part"));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task A_report_that_failed_ends_with_1_and_its_reason()
    {
        var server = new ScriptedServer(
            ScriptedServer.Answer(200, Json(new RequestedReport(Id, "pending"))),
            ScriptedServer.Answer(200, Json(new Single<ComplianceReport>(Report("failed") with { ErrorMessage = "The disk is full." }))));
        var run = await CommandRun.Of(server, "compliance", "report", "--wait");
        Assert.Equal(ExitCode.DeploymentFailed, run.Code);
        Assert.Contains("The disk is full.", run.Output, StringComparison.Ordinal);
    }

    private static ScriptedServer Answering<T>(T answer) => new(ScriptedServer.Answer(200, Json(answer)));

    private static string Json<T>(T value) => JsonSerializer.Serialize(value, BreezeJson.Lenient);

    private static ComplianceReport Report(string status) =>
        new(Id, null, null, "critical", "csv", status, 1, null, Cli.Tests.Sample.At, Cli.Tests.Sample.At, Cli.Tests.Sample.At, null, Cli.Tests.Sample.At);

    private static Patch Sample(string title) => new(
        Id, "microsoft", "KB1", title, null, "critical", null, null, ["windows"], null, true, 10, Cli.Tests.Sample.At, "pending", Counts);
}
