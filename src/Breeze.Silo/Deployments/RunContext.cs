using System.Collections.Concurrent;
using Breeze.Contracts.Agents;
using Breeze.Core;
using Breeze.Core.Deployments;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Deployments;

/// <summary>What is fixed about a run from initialize on: shared by all its grains on a silo, read once.</summary>
/// <param name="Payload">The command's payload, as JSON text.</param>
/// <param name="Gate">The gate its commands pass.</param>
public sealed record RunContext(
    DeploymentId Deployment, int Run, OrgId Org, RolloutPlan Plan, BatchPlan Batches, Guid Gate, string Payload, TimeSpan AttemptTimeout)
{
    public RunKind Kind { get; init; }

    /// <summary>One of <see cref="CommandTypes"/>.</summary>
    public string CommandType { get; init; } = CommandTypes.RunScript;

    /// <summary>What a patch job installs and how it ends; null for every other run.</summary>
    public JobTerms? Job { get; init; }

    /// <summary>The operating system that the work is for; null: any.</summary>
    public string? OsType { get; init; }

    /// <summary>Until when devices that are away or suppressed are waited for; null: they are skipped.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>Each device gets a payload of its own, made when it is sent.</summary>
    public bool IsOfPatches => CommandType is CommandTypes.InstallPatches or CommandTypes.RollbackPatches;
}

/// <summary>Run contexts by deployment and run.</summary>
/// <remarks>They never change, so a copy can never be stale; the number kept is bounded, not their age.</remarks>
public sealed class RunContexts(IDatabase database)
{
    private const int Most = 2_000;
    private readonly ConcurrentDictionary<(DeploymentId, int), Task<RunContext>> _contexts = new();

    public Task<RunContext> Get(DeploymentId deployment, int run)
    {
        if (_contexts.TryGetValue((deployment, run), out var known) && !known.IsFaulted)
        {
            return known;
        }

        if (_contexts.Count > Most)
        {
            _contexts.Clear();
        }

        var read = Read(deployment, run);
        _contexts[(deployment, run)] = read;
        return read;
    }

    private Task<RunContext> Read(DeploymentId deployment, int run) => database.Read(async connection =>
    {
        var row = await connection.QuerySingleAsync<DeploymentRow>(
            $"select {DeploymentStore.Columns} from deployments where id = @deployment", new { deployment });
        var batches = row.Batches;
        var gate = row.GateId!.Value;
        if (row.Run != run)
        {
            var earlier = await connection.QuerySingleAsync<EarlierRun>(
                "select total, batch_size, shard_size, gate_id from deployment_runs where deployment_id = @deployment and run = @run",
                new { deployment, run });
            batches = new BatchPlan(earlier.Total, earlier.BatchSize, earlier.ShardSize);
            gate = earlier.GateId;
        }

        var payload = run == 1 ? row.CommandPayload : row.RollbackPayload;
        return new RunContext(
            deployment, run, row.OrgId, row.ParsePlan(), batches, gate, payload ?? "{}", TimeSpan.FromMilliseconds(row.AttemptTimeoutMs))
        {
            Kind = row.Kind,
            CommandType = row.CommandType(run),
            Job = row.Kind == RunKind.PatchJob ? DeploymentJson.Read<JobTerms>(row.Payload) : null,
            Deadline = row.DeadlineAt,
            OsType = row.OsType,
        };
    });

    private sealed class EarlierRun
    {
        public int Total { get; init; }

        public int BatchSize { get; init; }

        public int ShardSize { get; init; }

        public Guid GateId { get; init; }
    }
}
