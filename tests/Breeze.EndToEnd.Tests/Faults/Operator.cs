using System.Diagnostics;
using System.Text.Json;
using Breeze.Client;
using Breeze.Contracts.Agents;
using Breeze.Contracts.Deployments;
using Breeze.Contracts.Fleet;
using Dapper;

namespace Breeze.EndToEnd.Tests.Faults;

/// <summary>One deployment that an operator started, and what he was promised about it.</summary>
/// <param name="Gate">Stands before its commands.</param>
/// <param name="MaxRetries">As it was asked for.</param>
public sealed record OperatedRollout(string Name, Guid Id, Guid Gate, int MaxRetries)
{
    /// <summary>What was answered with 2xx, in order: <c>create</c>, <c>initialize</c>, <c>start</c>, <c>pause</c> …</summary>
    public List<string> Done { get; } = [];

    /// <summary>Commands that became sent although a pause or cancel had been answered.</summary>
    public List<Guid> SentInSpite { get; } = [];
}

/// <summary>An operator who works through all faults: repeats what was not answered, and writes down what was.</summary>
public sealed class Operator(FaultWorld world, Guid[] devices)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);
    private readonly List<OperatedRollout> _rollouts = [];
    private readonly List<Guid> _jobs = [];
    private readonly List<Guid> _reports = [];

    public IReadOnlyList<OperatedRollout> Rollouts => _rollouts;

    public IReadOnlyList<Guid> Jobs => _jobs;

    public IReadOnlyList<Guid> Reports => _reports;

    /// <summary>Begins all of a schedule's work and sees to what is to be paused, resumed and cancelled.</summary>
    public async Task Work(FaultSchedule schedule)
    {
        var random = new Random(~schedule.Seed);
        var retries = schedule.Mood == FleetMood.Retrying ? 1 : 0;
        Task[] work =
        [
            Run("all", retries, null, devices),
            Run("staggered", retries, "30%", Some(random, devices.Length / 3)),
            PausedAndResumed(retries, Some(random, devices.Length / 3), Between(random, 1, 9), Between(random, 3, 8)),
            Cancelled(Some(random, devices.Length / 3), Between(random, 1, 9)),
            Patching(Some(random, devices.Length / 10), Between(random, 2, 8)),
            Report(Between(random, 0, 10)),
        ];
        await Task.WhenAll(work);
    }

    /// <summary>What has not ended; null when all has.</summary>
    public async Task<string?> Unfinished()
    {
        var ids = _rollouts.Select(rollout => rollout.Id).Concat(_jobs).ToArray();
        var open = await world.Ask(connection => connection.QueryAsync<string>(
            """
            select d.id || ' ' || d.name || ' is in stage ' || d.stage || ' swept ' || d.swept || ': ' || (
              select string_agg(status || ' x ' || n, ', ') from (select status, count(*) n from deployment_devices r where r.deployment_id = d.id group by status) s)
            from deployments d where d.id = any(@ids) and (d.stage not in (5, 6, 7) or d.swept = 0)
            union all
            select 'report ' || id || ' is ' || status from compliance_reports where id = any(@reports) and status in (1, 2)
            """,
            new { ids, reports = _reports.ToArray() }));
        var texts = open.ToList();
        return texts.Count == 0 ? null : string.Join("; ", texts);
    }

    private async Task<OperatedRollout> Run(string name, int retries, string? batch, Guid[] targets)
    {
        var script = await Insist(() => world.Client.Scripts.Create(new ScriptBody
        {
            OrgId = world.OrgId,
            Name = name,
            Language = ScriptLanguage.Bash,
            Content = "true",
            TimeoutSeconds = 60,
        }));
        var body = new DeploymentBody
        {
            OrgId = world.OrgId,
            Name = name,
            Type = "script",
            Payload = JsonSerializer.SerializeToElement(new { scriptId = script.Id, parameters = new { } }),
            TargetType = "devices",
            TargetConfig = new TargetConfig { Type = "devices", DeviceIds = targets },
            RolloutConfig = new RolloutConfig
            {
                Type = batch is null ? "immediate" : "staggered",
                Staggered = batch is null ? null : new StaggeredConfig { BatchSize = JsonSerializer.SerializeToElement(batch), BatchDelayMinutes = 0 },
                RetryConfig = new RetryConfig { MaxRetries = retries, BackoffMinutes = [1], AttemptTimeoutMinutes = 1 },
            },
        };
        var id = (await Insist(() => world.Client.Deployments.Create(body))).Value.Id;
        await Reach(id, "initialize", world.Client.Deployments.Initialize, DeploymentStatus.Pending);
        var gate = await world.Ask(connection => connection.ExecuteScalarAsync<Guid>("select gate_id from deployments where id = @id", new { id }));
        var rollout = new OperatedRollout(name, id, gate, retries);
        rollout.Done.AddRange(["create", "initialize"]);
        lock (_rollouts)
        {
            _rollouts.Add(rollout);
        }

        await Reach(id, "start", world.Client.Deployments.Start, DeploymentStatus.Running, DeploymentStatus.Downloading, DeploymentStatus.Installing);
        rollout.Done.Add("start");
        return rollout;
    }

    private async Task PausedAndResumed(int retries, Guid[] targets, TimeSpan after, TimeSpan during)
    {
        var rollout = await Run("paused", retries, "20%", targets);
        await Task.Delay(after);
        if (!await Reach(rollout.Id, "pause", world.Client.Deployments.Pause, DeploymentStatus.Paused))
        {
            return;
        }

        rollout.Done.Add("pause");
        var sent = await Sent(rollout);
        await Task.Delay(during);
        rollout.SentInSpite.AddRange((await Sent(rollout)).Except(sent));
        if (await Reach(rollout.Id, "resume", world.Client.Deployments.Resume, DeploymentStatus.Running, DeploymentStatus.Downloading, DeploymentStatus.Installing))
        {
            rollout.Done.Add("resume");
        }
    }

    private async Task Cancelled(Guid[] targets, TimeSpan after)
    {
        var rollout = await Run("cancelled", 0, "20%", targets);
        await Task.Delay(after);
        if (await Reach(rollout.Id, "cancel", world.Client.Deployments.Cancel, DeploymentStatus.Cancelled))
        {
            rollout.Done.Add("cancel");
            var sent = await Sent(rollout);
            await Task.Delay(TimeSpan.FromSeconds(5));
            rollout.SentInSpite.AddRange((await Sent(rollout)).Except(sent));
        }
    }

    // Patches are approved by the policy as they are reported; a job then has something to install.
    private async Task Patching(Guid[] targets, TimeSpan after)
    {
        await Insist(() => world.Client.Patches.Scan(targets));
        await Task.Delay(after);
        var name = $"job {Guid.NewGuid():N}";
        await Insist(() => world.Client.Policies.PatchJob(world.PolicyId, new Contracts.Jobs.PatchJobBody { DeviceIds = targets, Name = name }));
        var made = await world.Ask(connection => connection.QueryAsync<Guid>("select id from deployments where name = @name", new { name }));
        lock (_jobs)
        {
            _jobs.AddRange(made);
        }
    }

    private async Task Report(TimeSpan after)
    {
        await Task.Delay(after);
        var report = await Insist(() => world.Client.Compliance.Request(world.OrgId));
        lock (_reports)
        {
            _reports.Add(report.ReportId);
        }
    }

    private async Task<HashSet<Guid>> Sent(OperatedRollout rollout) => [.. await world.Ask(connection => connection.QueryAsync<Guid>(
        "select id from device_commands where gate_id = @Gate and sent_at is not null", new { rollout.Gate }))];

    // A step whose answer was lost is asked for again; where it was taken the deployment is already where it should be, or has ended.
    private async Task<bool> Reach<T>(Guid id, string what, Func<Guid, CancellationToken, Task<T>> step, params DeploymentStatus[] there)
    {
        for (var clock = Stopwatch.StartNew(); ;)
        {
            try
            {
                await step(id, CancellationToken.None);
                return true;
            }
            catch (BreezeException refused) when (!refused.IsUnreachable)
            {
                var now = (await Insist(() => world.Client.Deployments.Get(id))).Value.Status;
                if (there.Contains(now))
                {
                    return true;
                }

                if (now is DeploymentStatus.Completed or DeploymentStatus.Failed)
                {
                    // Its last device was done before.
                    return what == "start";
                }

                Assert.True(clock.Elapsed < Patience, $"{what} of {id}, which is {now}: {refused.Message}");
            }
            catch (BreezeException away)
            {
                Assert.True(clock.Elapsed < Patience, $"{what} of {id}: {away.Message}");
            }

            await Task.Delay(250);
        }
    }

    private static async Task<T> Insist<T>(Func<Task<T>> call)
    {
        for (var clock = Stopwatch.StartNew(); ;)
        {
            try
            {
                return await call();
            }
            catch (BreezeException away) when ((away.IsUnreachable || ComesLater(away)) && clock.Elapsed < Patience)
            {
                await Task.Delay(250);
            }
        }
    }

    // Somebody is still at it; or it was done, once, and its answer died with its silo. What is only made here may be made again; a job is found by its name.
    private static bool ComesLater(BreezeException refused) => refused.Status == 409
        && (refused.Message.Contains("still being carried out", StringComparison.Ordinal) || refused.Message.Contains("took effect", StringComparison.Ordinal));

    private Guid[] Some(Random random, int count)
    {
        var chosen = (Guid[])devices.Clone();
        random.Shuffle(chosen);
        return chosen[..Math.Max(1, count)];
    }

    private static TimeSpan Between(Random random, double from, double to) => TimeSpan.FromSeconds(from + (random.NextDouble() * (to - from)));
}
