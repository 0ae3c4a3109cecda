using System.Net;
using System.Text.Json;
using Breeze.Contracts;
using Breeze.Contracts.Agents;
using Breeze.Core;
using Breeze.Silo.Agents;
using Breeze.Silo.Tests.Fixture;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Breeze.Silo.Tests.Model;

/// <summary>A few devices, their patches and their operators, all from one seed, with the plain model of what may be sent to them.</summary>
public sealed class PatchModelSequence(SiloFixture silo, ModelTenant tenant, int seed)
{
    private const int Patches = 4;

    private readonly Random _random = new(seed);
    private readonly List<PatchModelDevice> _devices = [];
    private readonly Dictionary<Guid, Decision> _decisions = [];
    private readonly List<Guid> _jobs = [];
    private readonly List<string> _said = [];
    private Guid _policy;
    private bool _autoApproves;

    private enum Verdict
    {
        Pending,
        Approved,
        Rejected,
        Deferred,
    }

    public override string ToString() => $"seed {seed} ({(_autoApproves ? "approves by itself" : "asks")}): {string.Join(", ", _said)}";

    /// <summary>How often each patch was sent to be installed, over all devices of the organization.</summary>
    public static Task<Dictionary<Guid, int>> Sent(SiloFixture silo, Guid org) => silo.Database.Read(async c =>
        (await c.QueryAsync<(Guid Id, string Body)>(
            "select c.id, p.body from device_commands c join command_payloads p on p.id = c.payload_id where c.org_id = @org and c.type = 'install_patches'", new { org }))
        .SelectMany(row => JsonSerializer.Deserialize<PatchesPayload>(row.Body, BreezeJson.Lenient)!.Patches)
        .GroupBy(p => p.Id).ToDictionary(g => g.Key, g => g.Count()));

    public async Task Begin()
    {
        _autoApproves = _random.NextDouble() < 0.3;
        var count = _random.Next(1, 5);
        for (var i = 0; i < count; i++)
        {
            var device = new PatchModelDevice(tenant.TakeDevice(), (seed * 17) + i, [.. Enumerable.Range(0, Patches).Select(n => $"p{n}-{seed}-{tenant.Org:N}")]);
            _devices.Add(device);
            await Connect(device);
            await device.Scan();
        }

        var found = await Ask(HttpMethod.Get, $"/patches?orgId={tenant.Org}&search={seed}-{tenant.Org:N}&limit=200", null);
        foreach (var patch in found.Body!["data"]!.AsArray().Where(p => p!["externalId"]!.GetValue<string>().Contains($"-{seed}-", StringComparison.Ordinal)))
        {
            _decisions[patch!["id"]!.GetValue<Guid>()] = new Decision();
        }

        _policy = (await Ask(HttpMethod.Post, "/configuration-policies", new { orgId = tenant.Org, name = $"Policy {seed}" })).Id;
        await Ask(HttpMethod.Post, $"/configuration-policies/{_policy}/features", new
        {
            featureType = "patch",
            inlineSettings = new
            {
                autoApprove = _autoApproves,
                autoApproveSeverities = _autoApproves ? new[] { "important" } : null,
                rebootPolicy = "never",
                deadlineMinutes = 60,
            },
        });
        foreach (var device in _devices)
        {
            await Ask(HttpMethod.Post, $"/configuration-policies/{_policy}/assignments", new { level = "device", targetId = device.Id.Value });
        }
    }

    public Task Act() => _random.NextDouble() switch
    {
        < 0.14 => Decide(Verdict.Approved),
        < 0.22 => Decide(Verdict.Rejected),
        < 0.30 => Decide(Verdict.Deferred),
        < 0.34 => ApproveInBulk(),
        < 0.46 => MakeJob(),
        < 0.49 => CancelJob(),
        < 0.52 => RollBack(),
        < 0.58 => Flap(),
        < 0.64 => Any().Scan(),
        _ => Task.CompletedTask,
    };

    public Task Speak() => Task.WhenAll(_devices.Select(d => d.Agent.Speak(silo.Clock.Now)));

    public void LoseConnections() => _devices.ForEach(d => d.Agent.LoseConnection());

    public Task Reconnect() => Task.WhenAll(_devices.Where(d => !d.Agent.IsConnected).Select(Connect));

    /// <summary>What may not be sent was not sent since that was answered; no device ran a command twice.</summary>
    public void Look(Dictionary<Guid, int> sent)
    {
        foreach (var decision in _decisions.Values.Where(d => d.Verdict == Verdict.Deferred && d.Until <= silo.Clock.Now && _autoApproves))
        {
            // The deferral is over: the policy may speak again.
            decision.SentWhenForbidden = null;
        }

        foreach (var (patch, decision) in _decisions)
        {
            var now = sent.GetValueOrDefault(patch);
            if (decision.SentWhenForbidden is { } then)
            {
                Assert.True(now == then, $"Patch {patch} was sent {now - then} times while {decision.Verdict}. {this}");
            }
        }

        Assert.All(_devices, d => Assert.All(d.Agent.Ran, run => Assert.True(run.Value == 1, $"{run.Key} ran {run.Value} times. {this}")));
    }

    /// <summary>Faults stop: every device is there and does what it is told.</summary>
    public async Task Behave()
    {
        _devices.ForEach(d => d.Agent.Behaves = true);
        await Reconnect();
    }

    /// <summary>The end: what the console shows of each device is what the device says of itself.</summary>
    public async Task Judge()
    {
        foreach (var device in _devices)
        {
            await device.Scan();
            var shown = (await Ask(HttpMethod.Get, $"/devices/{device.Id}/patches?limit=200", null)).Body!["data"]!.AsArray()
                .Where(p => p!["status"]!.GetValue<string>() == "installed").Select(p => p!["externalId"]!.GetValue<string>()).Order();
            Assert.True(shown.SequenceEqual(device.Installed.Order()), $"Device {device.Id} has {string.Join(' ', device.Installed)}, shown {string.Join(' ', shown)}. {this}");
        }

        foreach (var job in _jobs)
        {
            var seen = (await Ask(HttpMethod.Get, $"/patches/jobs/{job}", null)).Data;
            Assert.Equal(seen["devicesTotal"]!.GetValue<int>(), seen["devicesCompleted"]!.GetValue<int>());
        }
    }

    private async Task Decide(Verdict verdict)
    {
        var (patch, decision) = _decisions.ElementAt(_random.Next(_decisions.Count));
        var until = silo.Clock.Now.AddMinutes(_random.Next(1, 30));

        // From here on either may be sent, until the answer says that it may not.
        decision.SentWhenForbidden = null;
        await (verdict switch
        {
            Verdict.Approved => Ask(HttpMethod.Post, $"/patches/{patch}/approve", new { orgId = tenant.Org }),
            Verdict.Rejected => Ask(HttpMethod.Post, $"/patches/{patch}/decline", new { orgId = tenant.Org }),
            _ => Ask(HttpMethod.Post, $"/patches/{patch}/defer", new { orgId = tenant.Org, deferUntil = until }),
        });
        _said.Add($"{verdict} {patch}");
        decision.Verdict = verdict;
        decision.Until = until;
        decision.SentWhenForbidden = verdict == Verdict.Approved ? null : (await Sent(silo, tenant.Org)).GetValueOrDefault(patch);
    }

    private async Task ApproveInBulk()
    {
        var answer = await Ask(HttpMethod.Post, "/patches/bulk-approve", new { orgId = tenant.Org, patchIds = _decisions.Keys.ToArray() });
        var approved = answer.Body!["approved"]!.AsArray().Select(i => i!.GetValue<Guid>()).ToHashSet();
        _said.Add("bulk");
        foreach (var (patch, decision) in _decisions)
        {
            Assert.True(approved.Contains(patch) == (decision.Verdict != Verdict.Rejected), $"In bulk a rejected patch stays rejected and no other does. {this}");
            if (approved.Contains(patch))
            {
                (decision.Verdict, decision.SentWhenForbidden) = (Verdict.Approved, null);
            }
        }
    }

    private async Task MakeJob()
    {
        var devices = _devices.Where(_ => _random.NextDouble() < 0.7).Select(d => d.Id.Value).ToArray();
        if (devices.Length > 0)
        {
            var at = _random.NextDouble() < 0.3 ? silo.Clock.Now.AddMinutes(_random.Next(1, 20)) : (DateTimeOffset?)null;
            var made = await Ask(HttpMethod.Post, $"/configuration-policies/{_policy}/patch-job", new { deviceIds = devices, scheduledAt = at });
            _jobs.Add(made.Body!["jobs"]![0]!["jobId"]!.GetValue<Guid>());
            _said.Add("job");
        }
    }

    private async Task CancelJob()
    {
        if (_jobs.Count > 0)
        {
            await Ask(HttpMethod.Post, $"/patches/jobs/{_jobs[_random.Next(_jobs.Count)]}/cancel", new { }, HttpStatusCode.BadRequest);
            _said.Add("cancel");
        }
    }

    private async Task RollBack()
    {
        await Ask(HttpMethod.Post, $"/patches/{_decisions.ElementAt(_random.Next(_decisions.Count)).Key}/rollback", new { deviceIds = _devices.Select(d => d.Id.Value) });
        _said.Add("rollback");
    }

    private async Task Flap()
    {
        var device = Any();
        if (device.Agent.IsConnected)
        {
            await device.Agent.Disconnect();
        }
        else
        {
            await Connect(device);
        }
    }

    private PatchModelDevice Any() => _devices[_random.Next(_devices.Count)];

    private Task Connect(PatchModelDevice device) => device.Agent.Connect(silo.Services.GetRequiredService<AgentConnections>());

    private async Task<Reply> Ask(HttpMethod method, string path, object? body, HttpStatusCode? orElse = null)
    {
        var reply = await silo.Admin.Send(method, path, body);
        Assert.True((int)reply.Status is 200 or 201 || reply.Status == orElse, $"{method} {path}: {(int)reply.Status} {reply.Body} {this}");
        return reply;
    }

    private sealed class Decision
    {
        public Verdict Verdict { get; set; }

        public DateTimeOffset Until { get; set; }

        /// <summary>How often it had been sent when it became forbidden; null while it may be sent, or may become so.</summary>
        public int? SentWhenForbidden { get; set; }
    }
}

/// <summary>A device with patches of its own: what is installed there is its own record.</summary>
public sealed class PatchModelDevice
{
    private readonly string[] _patches;

    public PatchModelDevice(DeviceId id, int seed, string[] patches)
    {
        (Id, _patches) = (id, patches);
        Agent = new ModelAgent(id, seed) { Works = Work };
    }

    public DeviceId Id { get; }

    public ModelAgent Agent { get; }

    public HashSet<string> Installed { get; } = [];

    /// <summary>Reports all it has, whole, when it is connected.</summary>
    public Task Scan() => Agent.Tell(connection =>
    {
        lock (Installed)
        {
            return connection.ReportPatches(new ReportPatches(
                PatchSources.Linux, true, [.. _patches.Except(Installed).Select(Reported)], [.. Installed.Select(Reported)]));
        }
    });

    private static ReportedPatch Reported(string id) => new(id, $"Title of {id}", "1.1", "important");

    private Result? Work(Command command, double dice)
    {
        if (dice > 0.94)
        {
            return null;
        }

        if (command.Type is not (CommandTypes.InstallPatches or CommandTypes.RollbackPatches))
        {
            return new Result(command.Id, command.Attempt, ResultStatus.Completed);
        }

        var results = new List<PatchResult>();
        lock (Installed)
        {
            foreach (var patch in JsonSerializer.Deserialize<PatchesPayload>(command.Payload, BreezeJson.Lenient)!.Patches)
            {
                // Which of them fails follows from the dice, so that a seed is a seed.
                var fails = dice > 0.6 && (patch.Id.GetHashCode() & 1) == 0;
                var installs = command.Type == CommandTypes.InstallPatches;
                if (!fails)
                {
                    _ = installs ? Installed.Add(patch.ExternalId) : Installed.Remove(patch.ExternalId);
                }

                results.Add(new PatchResult(
                    patch.Id, fails ? PatchResultStatus.Failed : installs ? PatchResultStatus.Installed : PatchResultStatus.RolledBack, fails ? "it broke" : null));
            }
        }

        var failed = results.Exists(r => r.Status == PatchResultStatus.Failed);
        return new Result(
            command.Id, command.Attempt, failed ? ResultStatus.Failed : ResultStatus.Completed,
            Data: JsonSerializer.SerializeToElement(new PatchResults(results), BreezeJson.Options));
    }
}
