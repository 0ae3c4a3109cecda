using System.Diagnostics;
using System.Text.Json;
using Breeze.Contracts.Agents;
using Breeze.Core;
using Breeze.Silo.Agents;
using Breeze.Silo.Storage;
using Dapper;
using Microsoft.Extensions.DependencyInjection;

namespace Breeze.Bench;

/// <summary>An organization of any size whose agents live in this process: the silo's own code from the gateway's channel on.</summary>
public sealed class BenchFleet(BenchSilo silo)
{
    private const int Page = 5_000;
    private readonly List<DeviceId> _devices = [];
    private readonly List<AgentConnection> _connections = [];
    private int _repeats;
    private long _started;
    private int _commands;

    public Guid Org { get; } = Guid.CreateVersion7();

    public Guid Site { get; } = Guid.CreateVersion7();

    public Guid Script { get; } = Guid.CreateVersion7();

    /// <summary>Completes when the first command of a rollout has reached its device.</summary>
    public TaskCompletionSource FirstCommand { get; private set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Results a second over all devices; 0 for as many as there are.</summary>
    public int Pace { get; set; }

    public static async Task<BenchFleet> Create(BenchSilo silo, int devices)
    {
        var fleet = new BenchFleet(silo);
        await fleet.Seed();
        for (var first = 0; first < devices; first += Page)
        {
            await fleet.AddDevices(first, Math.Min(Page, devices - first));
        }

        return fleet;
    }

    /// <summary>Messages that had to be said again because no answer came in time.</summary>
    public int Repeats => _repeats;

    public void ExpectFirstCommand() => FirstCommand = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Connects the first so many devices, as Hello does it.</summary>
    public async Task Connect(int count)
    {
        var connections = silo.Services.GetRequiredService<AgentConnections>();
        foreach (var chunk in _devices.Take(count).Skip(_connections.Count).Chunk(1_000))
        {
            _connections.AddRange(await Task.WhenAll(chunk.Select(async device =>
            {
                var agent = new Agent(this);
                var connection = agent.Connection = connections.Attach(device, agent);
                await connection.Hello(new Hello("1.0", "Debian 12", ["script:bash"]));
                return connection;
            })));
        }
    }

    /// <summary>A connected device says what patches it has.</summary>
    public async Task Report(int device, ReportPatches report)
    {
        if ((await _connections[device].ReportPatches(report)).Refused is { } refused)
        {
            throw new InvalidOperationException($"The report was refused: {refused}");
        }
    }

    public async Task Disconnect()
    {
        foreach (var chunk in _connections.Chunk(1_000))
        {
            await Task.WhenAll(chunk.Select(c => c.Ended()));
        }

        _connections.Clear();
    }

    /// <summary>Creates and initializes a rollout to all devices.</summary>
    public async Task<Guid> Initialized(object? rollout = null)
    {
        var created = await silo.Post("/api/v1/deployments", new
        {
            orgId = Org,
            name = "Bench",
            type = "script",
            payload = new { scriptId = Script },
            targetType = "all",
            rolloutConfig = rollout ?? new { type = "immediate" },
        });
        var id = created.GetProperty("data").GetProperty("id").GetGuid();
        await silo.Post($"/api/v1/deployments/{id}/initialize");
        return id;
    }

    // Each command has its place in a queue that moves at the set rate from the first one on.
    private Task Turn()
    {
        if (Pace == 0)
        {
            return Task.CompletedTask;
        }

        Interlocked.CompareExchange(ref _started, Stopwatch.GetTimestamp(), 0);
        var due = TimeSpan.FromSeconds((double)Interlocked.Increment(ref _commands) / Pace) - Stopwatch.GetElapsedTime(_started);
        return due > TimeSpan.Zero ? Task.Delay(due) : Task.CompletedTask;
    }

    private void CountRepeat() => Interlocked.Increment(ref _repeats);

    private Task<int> AddDevices(int first, int count)
    {
        var added = Enumerable.Range(0, count).Select(_ => DeviceId.New()).ToList();
        _devices.AddRange(added);
        return silo.Database.Write(tx => tx.ExecuteRows(
            """
            insert into devices (id, org_id, site_id, hostname, hostname_key, os_type, os_version, architecture, agent_version, token_hash, enrolled_at)
            select v.device, @Org, @Site, v.host, v.host, 'linux', 'Debian 12', 'x64', '1.0', v.token, 0 from ({rows}) v
            """,
            new Rows()
                .Uuid("device", [.. added.Select(d => d.Value)])
                .Text("host", [.. added.Select((_, i) => $"host-{first + i:D7}")])
                .Text("token", [.. added.Select(_ => Guid.NewGuid().ToString("N"))]),
            new { Org, Site }));
    }

    private Task<bool> Seed() => silo.Database.Write(async tx =>
    {
        var args = new { partner = Guid.CreateVersion7(), Org, Site, Script };
        foreach (var sql in new[]
        {
            "insert into partners (id, name, created_at) values (@partner, 'p', 0)",
            "insert into organizations (id, partner_id, name, created_at) values (@Org, @partner, 'o', 0)",
            "insert into sites (id, org_id, name, time_zone, created_at) values (@Site, @Org, 's', 'UTC', 0)",
            "insert into scripts (id, org_id, name, language, content, parameters, timeout_seconds, created_at, updated_at)"
            + " values (@Script, @Org, 'script', 'bash', 'echo done', '[]', 3600, 0, 0)",
        })
        {
            await tx.Connection!.ExecuteAsync(sql, args, tx);
        }

        return true;
    });

    private sealed class Agent(BenchFleet fleet) : IAgentChannel
    {
        public AgentConnection? Connection { get; set; }

        public bool TrySend(Command command)
        {
            fleet.FirstCommand.TrySetResult();
            _ = Task.Run(() => Run(command));
            return true;
        }

        public bool TryCancel(CancelCommand cancel) => true;

        public void Close(Reconnect goodbye)
        {
            // Closed by the silo at its own end; there is nothing to give back.
        }

        private async Task Run(Command command)
        {
            await fleet.Turn();
            if ((await UntilAnswered(() => Connection!.Accepted(new Accepted(command.Id, command.Attempt)))).Proceed)
            {
                await UntilAnswered(() => Connection!.Result(new Result(command.Id, command.Attempt, ResultStatus.Completed, 0, "done", null, 1, Data(command))));
            }
        }

        private static JsonElement? Data(Command command) => command.Type == CommandTypes.InstallPatches
            ? JsonSerializer.SerializeToElement(
                new PatchResults([.. JsonSerializer.Deserialize(command.Payload, AgentJson.Default.PatchesPayload)!.Patches
                    .Select(p => new PatchResult(p.Id, PatchResultStatus.Installed))]),
                AgentJson.Default.PatchResults)
            : null;

        // An agent repeats what was not answered; the product answers a repeat as it answered the first.
        private async Task<T> UntilAnswered<T>(Func<Task<T>> say)
        {
            while (true)
            {
                try
                {
                    return await say();
                }
                catch (TimeoutException)
                {
                    fleet.CountRepeat();
                }
            }
        }
    }
}
