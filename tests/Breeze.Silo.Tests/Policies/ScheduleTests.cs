using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Breeze.Core;
using Breeze.Core.Policies;
using Breeze.Silo.Access;
using Breeze.Silo.Jobs;
using Breeze.Silo.Policies;
using Breeze.Silo.Tests.Fixture;
using Breeze.Silo.Tests.Fleet;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Xunit;

namespace Breeze.Silo.Tests.Policies;

/// <summary>Schedules over days of virtual time: when they run, for whom, and exactly how often.</summary>
public abstract class ScheduleTests(SiloFixture silo)
{
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(2);

    [EngineFact]
    public async Task A_schedule_makes_one_job_a_day_at_its_time()
    {
        var world = await FleetWorld.Create(silo);
        await world.NewDevice();
        var (at, time) = Soon("UTC");
        var policy = await world.NewPatchPolicy(Daily(time), "Nightly");
        await world.Admin.Assign(policy, "organization", world.Org);
        await To(at.AddSeconds(-1));
        Assert.Empty(await Jobs(world));
        await To(at);
        await UntilJobs(world, 1);
        var job = Assert.Single(await Jobs(world));
        Assert.Equal("Config Policy Patch Job — Nightly", job["name"]!.GetValue<string>());
        Assert.Equal((1, at), (job["devicesTotal"]!.GetValue<int>(), job["createdAt"]!.GetValue<DateTimeOffset>()));
        Assert.Equal("Nightly", job["policyName"]!.GetValue<string>());
        var last = (await world.Admin.Get($"/configuration-policies/{policy}/schedule")).Is(HttpStatusCode.OK).Data["zones"]![0]!["lastRun"]!;
        Assert.Equal((at, "ran", job["id"]!.GetValue<Guid>()), (last["at"]!.GetValue<DateTimeOffset>(), last["outcome"]!.GetValue<string>(), last["jobIds"]![0]!.GetValue<Guid>()));
        await To(at.AddHours(23.9), TimeSpan.FromMinutes(10));
        Assert.Single(await Jobs(world));
        await To(at.AddDays(1), TimeSpan.FromSeconds(20));
        await UntilJobs(world, 2);
        await silo.Clock.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(2, await CountJobs(world));
    }

    [EngineFact]
    public async Task Each_time_zone_of_the_organizations_sites_has_its_own_occurrence_and_job()
    {
        var world = await FleetWorld.Create(silo);
        var (here, there) = (new TestDevice { Hostname = "here" }, new TestDevice { Hostname = "there", Site = await world.NewSite("Asia/Kolkata") });
        await world.Insert([here, there]);
        // Five and a half hours before it is that time in UTC.
        var (at, time) = Soon("Asia/Kolkata");
        await world.Admin.Assign(await world.NewPatchPolicy(Daily(time)), "organization", world.Org);
        await To(at);
        await UntilJobs(world, 1);
        Assert.Equal([there.Id], await DevicesOf(Assert.Single(await Jobs(world))));
        await To(at.AddHours(5.4), TimeSpan.FromMinutes(5));
        Assert.Single(await Jobs(world));
        await To(at.AddHours(5.5), TimeSpan.FromSeconds(20));
        await UntilJobs(world, 2);
        Assert.Equal([here.Id], await DevicesOf((await Jobs(world))[0]));
    }

    [EngineFact]
    public async Task A_site_that_opens_in_a_new_zone_joins_the_schedule()
    {
        var world = await FleetWorld.Create(silo);
        var (at, time) = Soon("Asia/Tokyo", 6);
        var policy = await world.NewPatchPolicy(Daily(time));
        await world.Admin.Assign(policy, "organization", world.Org);
        var device = new TestDevice { Site = await world.NewSite("Asia/Tokyo") };
        await world.Insert([device]);
        await silo.Clock.AdvanceUntil(
            "the zone's row", async () => await Rows(policy, "Asia/Tokyo") == 1 ? (true, 1) : (false, 0), TimeSpan.FromMinutes(4), TimeSpan.FromSeconds(1));
        await To(at);
        await UntilJobs(world, 1);
        Assert.Equal([device.Id], await DevicesOf(Assert.Single(await Jobs(world))));
    }

    [EngineFact]
    public async Task A_policy_runs_for_the_devices_it_wins_for_in_each_organization_and_for_nobody_it_makes_no_job()
    {
        var partner = await Tenants.NewPartner(silo);
        var (one, two, empty) = (await FleetWorld.Create(silo, partner), await FleetWorld.Create(silo, partner), await FleetWorld.Create(silo, partner));
        var (mine, excepted, other) = (await one.NewDevice("mine"), await one.NewDevice("excepted"), await two.NewDevice("other"));
        var policy = await silo.Admin.NewPolicy(new { partnerId = partner, name = "all" });
        var (at, time) = Soon("UTC");
        await silo.Admin.SetPatch(policy, Daily(time));
        await silo.Admin.Assign(policy, "partner", partner);
        await one.Admin.Assign(await one.NewPatchPolicy(new { }), "device", excepted.Id);
        await To(at);
        await UntilJobs(one, 1);
        await UntilJobs(two, 1);
        Assert.Equal([mine.Id], await DevicesOf(Assert.Single(await Jobs(one))));
        Assert.Equal([other.Id], await DevicesOf(Assert.Single(await Jobs(two))));
        await Eventually.Is("the organization without devices", () => Outcomes(empty), o => o is [3], "[3], nobody to run for");
        Assert.Empty(await Jobs(empty));
    }

    [EngineFact]
    public async Task What_was_missed_while_nothing_ran_runs_on_return()
    {
        var world = await FleetWorld.Create(silo);
        await world.NewDevice();
        await world.Admin.Assign(await world.NewPatchPolicy(Daily(Soon("UTC").Time)), "organization", world.Org);
        await silo.RestartAfter(TimeSpan.FromHours(5));
        await UntilJobs(world, 1);
        await silo.Clock.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(1, await CountJobs(world));
    }

    [EngineFact]
    public async Task What_was_missed_more_than_a_day_ago_does_not_run_but_what_came_after_does()
    {
        var (daily, weekly) = (await FleetWorld.Create(silo), await FleetWorld.Create(silo));
        await daily.NewDevice();
        await weekly.NewDevice();
        var (at, time) = Soon("UTC");
        await daily.Admin.Assign(await daily.NewPatchPolicy(Daily(time)), "organization", daily.Org);
        var day = at.DayOfWeek.ToString()[..3].ToLowerInvariant();
        await weekly.Admin.Assign(
            await weekly.NewPatchPolicy(new { scheduleFrequency = "weekly", scheduleTime = time, scheduleDayOfWeek = day }), "organization", weekly.Org);
        await silo.RestartAfter(TimeSpan.FromHours(27));
        await Eventually.Is("what was missed", () => Outcomes(daily), o => o is [4, 2], "[4, 2], missed and ran");
        await Eventually.Is("what was missed", () => Outcomes(weekly), o => o is [4], "[4], missed");
        await UntilJobs(daily, 1);
        await silo.Clock.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(1, await CountJobs(daily));
        Assert.Equal(0, await CountJobs(weekly));
    }

    [EngineFact]
    public async Task A_silo_that_dies_between_the_job_and_its_note_makes_no_second_job()
    {
        var world = await FleetWorld.Create(silo);
        var device = await world.NewDevice();
        var policy = await world.NewPatchPolicy(Daily(Soon("UTC").Time));
        await world.Admin.Assign(policy, "organization", world.Org);
        var date = await silo.Database.Read(c => c.QuerySingleAsync<string>("select local_date from policy_occurrences where policy_id = @policy", new { policy }));
        // The job is made, and then nothing more of it happens: the row still waits when the next silo looks.
        var made = await silo.Services.GetRequiredService<IPatchJobs>().Create(
            new NewPatchJob(
                new OrgId(world.Org), policy, "job", new PatchSettings(), [new DeviceId(device.Id)], null, null,
                $"policy/{policy}/{world.Org}/UTC/{date}", AuditActor.Policy(policy, "policy")),
            default);
        await silo.RestartAfter(TimeSpan.FromMinutes(4));
        await Eventually.Is("the note", () => Outcomes(world), o => o is [2], "[2], ran");
        Assert.Equal(made.Value!.JobId, await silo.Database.Read(c => c.QuerySingleAsync<Guid>(
            "select job_id from policy_occurrences where policy_id = @policy and local_date = @date", new { policy, date })));
        Assert.Equal(1, await CountJobs(world));
    }

    [EngineFact]
    public async Task A_schedule_that_was_changed_while_a_job_was_made_decides_when_the_next_one_is()
    {
        var world = await FleetWorld.Create(silo);
        var (policy, changed) = (await world.NewPatchPolicy(Daily("02:00")), await world.NewPatchPolicy(Daily("04:00")));
        await world.Admin.Assign(policy, "organization", world.Org);
        var row = Assert.Single(await silo.Database.Read(c => PolicyOccurrences.Due(c, policy, DateTimeOffset.MaxValue, 2)));
        await silo.Database.Write(async tx =>
        {
            await tx.Connection!.ExecuteAsync(
                "update policy_features set settings = (select f.settings from policy_features f where f.policy_id = @changed) where policy_id = @policy", new { policy, changed }, tx);
            return await PolicyOccurrences.Finish(tx, row, OccurrenceState.Ran, null, row.DueAt);
        });
        var next = Assert.Single(await silo.Database.Read(c => PolicyOccurrences.Due(c, policy, DateTimeOffset.MaxValue, 2)));
        Assert.Equal(row.DueAt.AddHours(26), next.DueAt);
    }

    [EngineFact]
    public async Task Several_schedulers_at_once_make_one_job()
    {
        var world = await FleetWorld.Create(silo);
        await world.NewDevice();
        var policy = await world.NewPatchPolicy(new { });
        await world.Admin.Assign(policy, "organization", world.Org);
        var key = $"policy/{policy}/{world.Org}/UTC/once";
        var made = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => silo.Services.GetRequiredService<IPatchJobs>().Create(
            new NewPatchJob(new OrgId(world.Org), policy, "job", new PatchSettings(), null, "UTC", null, key, AuditActor.Policy(policy, "policy")), default)));
        Assert.Single(made.Select(m => m.Value!.JobId).Distinct());
        Assert.Equal(1, await CountJobs(world));
    }

    [EngineFact]
    public async Task A_job_by_hand_suppresses_no_occurrence()
    {
        var world = await FleetWorld.Create(silo);
        var device = await world.NewDevice();
        var (at, time) = Soon("UTC");
        var policy = await world.NewPatchPolicy(Daily(time));
        await world.Admin.Assign(policy, "organization", world.Org);
        (await world.Technician.Post($"/configuration-policies/{policy}/patch-job", new { deviceIds = new[] { device.Id } })).Is(HttpStatusCode.Created);
        await To(at);
        await UntilJobs(world, 2);
    }

    [EngineFact]
    public async Task A_change_an_unassignment_and_a_deletion_change_what_follows_at_once()
    {
        var (changed, unassigned, deleted, removed) = (
            await FleetWorld.Create(silo), await FleetWorld.Create(silo), await FleetWorld.Create(silo), await FleetWorld.Create(silo));
        var (_, time) = Soon("UTC");
        var policies = new List<(FleetWorld World, Guid Policy, Guid Assignment)>();
        foreach (var world in new[] { changed, unassigned, deleted, removed })
        {
            await world.NewDevice();
            var policy = await world.NewPatchPolicy(Daily(time));
            policies.Add((world, policy, await world.Admin.Assign(policy, "organization", world.Org)));
        }

        await silo.Clock.Advance(TimeSpan.FromSeconds(30), Step);
        var (later, laterTime) = Soon("UTC", 12);
        await changed.Admin.SetPatch(policies[0].Policy, Daily(laterTime));
        await unassigned.Admin.Unassign(policies[1].Policy, policies[1].Assignment);
        (await deleted.Admin.Delete($"/configuration-policies/{policies[2].Policy}")).Is(HttpStatusCode.OK);
        (await removed.Admin.Delete($"/configuration-policies/{policies[3].Policy}/features/patch")).Is(HttpStatusCode.OK);
        await To(later.AddSeconds(-2), TimeSpan.FromSeconds(10));
        foreach (var (world, _, _) in policies)
        {
            Assert.Equal(0, await CountJobs(world));
        }

        await To(later);
        await UntilJobs(changed, 1);
        await To(later.AddDays(1), TimeSpan.FromMinutes(10));
        await UntilJobs(changed, 2);
        Assert.Equal(0, await CountJobs(unassigned) + await CountJobs(deleted) + await CountJobs(removed));
    }

    [EngineFact]
    public async Task A_schedule_that_is_moved_on_a_day_it_has_run_runs_again_on_the_next()
    {
        var world = await FleetWorld.Create(silo);
        await world.NewDevice();
        // Noon somewhere, so that no midnight comes between.
        var zone = $"Etc/GMT{silo.Clock.Now.Hour - 12:+0;-0;+0}";
        (await world.Admin.Put($"/sites/{world.Site}", new { name = "site", timeZone = zone })).Is(HttpStatusCode.OK);
        var (at, time) = Soon(zone);
        var policy = await world.NewPatchPolicy(Daily(time));
        await world.Admin.Assign(policy, "organization", world.Org);
        await To(at);
        await UntilJobs(world, 1);
        var (later, laterTime) = Soon(zone, 6);
        await world.Admin.SetPatch(policy, Daily(laterTime));
        await To(later.AddHours(23.9), TimeSpan.FromMinutes(5));
        Assert.Equal(1, await CountJobs(world));
        await To(later.AddDays(1), TimeSpan.FromSeconds(20));
        await UntilJobs(world, 2);
    }

    private static object Daily(string time) => new { scheduleFrequency = "daily", scheduleTime = time };

    /// <summary>A full minute that is two to three minutes away, as the clocks of a zone show it.</summary>
    private (DateTimeOffset At, string Time) Soon(string zone, int minutes = 3)
    {
        var at = silo.Clock.Now.AddMinutes(minutes);
        at = at.AddTicks(-(at.Ticks % TimeSpan.TicksPerMinute));
        var local = Instant.FromDateTimeOffset(at).InZone(DateTimeZoneProviders.Tzdb[zone]).LocalDateTime;
        return (at, local.ToString("HH':'mm", CultureInfo.InvariantCulture));
    }

    /// <summary>Moves the clock to an instant, and not beyond: what falls due then happens in its own time.</summary>
    private Task To(DateTimeOffset at, TimeSpan? step = null) => silo.Clock.Advance(at - silo.Clock.Now, step ?? Step);

    private Task<long> UntilJobs(FleetWorld world, int count) => Eventually.Is("jobs", () => CountJobs(world), jobs => jobs == count, $"{count}");

    private Task<long> CountJobs(FleetWorld world) => silo.Database.Read(c =>
        c.ExecuteScalarAsync<long>("select count(*) from deployments where org_id = @Org and kind = 1 and stage <> 1", new { world.Org }));

    private Task<long> Rows(Guid policy, string zone) => silo.Database.Read(c =>
        c.ExecuteScalarAsync<long>("select count(*) from policy_occurrences where policy_id = @policy and time_zone = @zone", new { policy, zone }));

    /// <summary>What became of the organization's occurrences that wait no more, in order.</summary>
    private Task<int[]> Outcomes(FleetWorld world) => silo.Database.Read(async c => (await c.QueryAsync<int>(
        "select state from policy_occurrences where org_id = @Org and state <> 1 order by due_at", new { world.Org })).ToArray());

    private Task<List<Guid>> DevicesOf(JsonNode job) => silo.Database.Read(async c => (await c.QueryAsync<Guid>(
        "select device_id from deployment_devices where deployment_id = @id", new { id = job["id"]!.GetValue<Guid>() })).AsList());

    private static async Task<IReadOnlyList<JsonNode>> Jobs(FleetWorld world) =>
        [.. (await world.Viewer.Get("/patches/jobs")).Is(HttpStatusCode.OK).Body!["data"]!.AsArray().Select(j => j!)];

    [Collection(SiloFixture.Sqlite)]
    public sealed class OnSqlite(SqliteSilo silo) : ScheduleTests(silo);

    [Collection(SiloFixture.Postgres)]
    public sealed class OnPostgres(PostgresSilo silo) : ScheduleTests(silo);
}
