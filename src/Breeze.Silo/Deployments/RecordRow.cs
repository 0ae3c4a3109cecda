using System.Data.Common;
using Breeze.Contracts.Deployments;
using Breeze.Core;
using Breeze.Core.Deployments;
using Breeze.Silo.Agents;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Deployments;

/// <summary>Where a record stands in a run; the address of its grain.</summary>
[GenerateSerializer, Immutable, Alias("breeze.RecordKey")]
public readonly record struct RecordKey([property: Id(0)] DeploymentId Deployment, [property: Id(1)] int Run, [property: Id(2)] int Ordinal)
{
    /// <summary>The second half of the grain's compound key; the first is the deployment's id.</summary>
    public string Extension => FormattableString.Invariant($"{Run}/{Ordinal}");

    public static RecordKey Parse(Guid deployment, string extension)
    {
        var slash = extension.IndexOf('/', StringComparison.Ordinal);
        return new RecordKey(
            new DeploymentId(deployment),
            int.Parse(extension.AsSpan(0, slash), System.Globalization.CultureInfo.InvariantCulture),
            int.Parse(extension.AsSpan(slash + 1), System.Globalization.CultureInfo.InvariantCulture));
    }
}

/// <summary>The columns of <c>deployment_devices</c> that decisions need, with the state of the record's latest command.</summary>
public sealed class RecordRow
{
    internal const string Columns =
        """
        d.id, d.deployment_id, d.run, d.ordinal, d.device_id, d.status, d.attempt, d.command_id, d.next_attempt_at, d.timeout_at, d.started_at,
        d.completed_at, d.failure_kind, d.failure_key, d.exit_code, d.skip_reason, d.last_word, d.version
        """;

    /// <summary>Holds records until the transaction ends, and reads them with the states of their commands.</summary>
    /// <param name="places">The columns <c>in_deployment</c>, <c>in_run</c> and <c>at_ordinal</c>.</param>
    internal static async Task<IReadOnlyList<RecordRow>> Hold(DbTransaction tx, Rows places)
    {
        var hold = CommandGates.HoldExclusive(tx, "d");
        if (hold.Length > 0)
        {
            // A statement of its own: for a row that it had to wait for, PostgreSQL keeps what it has joined to it, and an acceptance
            // that was waited for has changed the command alone.
            await tx.QueryRows<int>(
                "with v as ({rows}) select d.ordinal from v join deployment_devices d"
                + $" on d.deployment_id = v.in_deployment and d.run = v.in_run and d.ordinal = v.at_ordinal order by d.deployment_id, d.run, d.ordinal{hold}",
                places);
        }

        return await tx.QueryRows<RecordRow>(
            $$"""
            with v as ({rows})
            select {{Columns}}, c.state as command_state
            from v join deployment_devices d on d.deployment_id = v.in_deployment and d.run = v.in_run and d.ordinal = v.at_ordinal
            left join device_commands c on c.id = d.command_id
            """,
            places);
    }

    public Guid Id { get; init; }

    public DeploymentId DeploymentId { get; init; }

    public int Run { get; init; }

    public int Ordinal { get; init; }

    public DeviceId DeviceId { get; init; }

    public DeviceRecordStatus Status { get; init; }

    public int Attempt { get; init; }

    public CommandId? CommandId { get; init; }

    public DateTimeOffset? NextAttemptAt { get; init; }

    public DateTimeOffset? TimeoutAt { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? CompletedAt { get; init; }

    public FailureKind? FailureKind { get; init; }

    public string? FailureKey { get; init; }

    public int? ExitCode { get; init; }

    public SkipReason? SkipReason { get; init; }

    public bool LastWord { get; init; }

    public long Version { get; init; }

    /// <summary>Of the latest command; null when there is none, or it was not asked for.</summary>
    public CommandState? CommandState { get; init; }

    public RecordKey Key => new(DeploymentId, Run, Ordinal);

    public RecordState ToState() => new()
    {
        Status = Status,
        Attempt = Attempt,
        CommandId = CommandId,
        Accepted = Status == DeviceRecordStatus.Running && CommandState == Agents.CommandState.Accepted,
        NextAttemptAt = NextAttemptAt,
        TimeoutAt = TimeoutAt,
        StartedAt = StartedAt,
        CompletedAt = CompletedAt,
        FailureKind = FailureKind,
        FailureKey = FailureKey,
        ExitCode = ExitCode,
        SkipReason = SkipReason,
        IsLastWord = LastWord,
    };
}
