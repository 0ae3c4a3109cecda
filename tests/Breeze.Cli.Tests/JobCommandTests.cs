using System.Text.Json;
using Breeze.Contracts;
using Breeze.Contracts.Jobs;
using Breeze.Contracts.Policies;

namespace Breeze.Cli.Tests;

public sealed class JobCommandTests
{
    private static readonly Guid Id = new("01920000-0000-7000-8000-0000000000b1");
    private static readonly Guid Other = new("01920000-0000-7000-8000-0000000000b2");

    [Fact]
    public async Task Jobs_are_listed_with_their_counts_and_narrowed()
    {
        var job = new PatchJob(
            Id, Other, "March", "running", Other, ["linux"], "if_required", 10, 7, 1, 2, 3, "admin", Sample.At, Sample.At, Sample.At, null, Sample.At.AddDays(1));
        var server = new ScriptedServer(ScriptedServer.Answer(200, Json(new PagedList<PatchJob>([job], new(1, 200, 1), null))));
        var run = await CommandRun.Of(server, "patches", "jobs", "list", "--status", "running", "--json");
        Assert.Equal((ExitCode.Ok, "/api/v1/patches/jobs?limit=200&status=running"), (run.Code, server.Asked[0].Path));
        using var json = JsonDocument.Parse(run.Output);
        Assert.Equal(7, json.RootElement[0].GetProperty("devicesCompleted").GetInt32());
    }

    [Fact]
    public async Task A_rollback_at_a_time_is_scheduled_and_names_its_devices()
    {
        var server = new ScriptedServer(ScriptedServer.Answer(200, Json(new PatchRollbackAnswer([Id], [], 2, [], new([], [])))));
        var run = await CommandRun.Of(
            server, "patches", "rollback", $"{Id}", "--device", $"{Id}", "--device", $"{Other}", "--reason", "boot fails", "--at", "2026-03-02T02:00:00Z");
        Assert.True(run.Code == ExitCode.Ok, run.Errors);
        Assert.Equal($"/api/v1/patches/{Id}/rollback", server.Asked[0].Path);
        var body = JsonSerializer.Deserialize<PatchRollbackBody>(server.Asked[0].Body!, BreezeJson.Options)!;
        Assert.Equal(("scheduled", "boot fails", 2), (body.ScheduleType, body.Reason, body.DeviceIds!.Count));
        Assert.Equal(new DateTimeOffset(2026, 3, 2, 2, 0, 0, TimeSpan.Zero), body.ScheduledTime);
    }

    [Fact]
    public async Task A_policy_is_assigned_by_level_and_run()
    {
        var server = new ScriptedServer(
            ScriptedServer.Answer(201, Json(new Single<PolicyAssignment>(new(Id, Other, PolicyLevel.DeviceGroup, Other, 5, Sample.At)))),
            ScriptedServer.Answer(201, Json(new PatchJobsCreated([new(Id, Other, 3)], 3, new([], [], [Other])))));
        var assigned = await CommandRun.Of(server, "policies", "assign", $"{Other}", "--level", "device_group", "--target", $"{Other}", "--priority", "5");
        Assert.True(assigned.Code == ExitCode.Ok, assigned.Errors);
        Assert.Contains("\"level\":\"device_group\"", server.Asked[0].Body, StringComparison.Ordinal);
        var run = await CommandRun.Of(server, "policies", "run", $"{Other}");
        Assert.Equal($"/api/v1/configuration-policies/{Other}/run", server.Asked[1].Path);
        Assert.Contains($"{Id} (3 devices)", run.Output, StringComparison.Ordinal);
        Assert.Contains($"{Other}", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Patch_settings_come_from_a_file_and_a_misspelt_one_is_named_before_anything_is_sent()
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, """{"scheduleFrequencey":"daily"}""");
            var run = await CommandRun.Of(new ScriptedServer(), "policies", "set-patch", $"{Id}", "-f", file);
            Assert.Equal(ExitCode.Usage, run.Code);
            Assert.Contains("scheduleFrequencey", run.Errors, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static string Json<T>(T value) => JsonSerializer.Serialize(value, BreezeJson.Lenient);
}
