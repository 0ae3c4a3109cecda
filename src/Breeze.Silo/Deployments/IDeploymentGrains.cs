using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Core.Deployments;
using Breeze.Silo.Agents;
using Orleans.Concurrency;

namespace Breeze.Silo.Deployments;

/// <summary>A deployment: lifecycle, batches, limits. Key: its id. Every command answers a refusal or the row's new version.</summary>
[Alias("breeze.IDeploymentGrain")]
public interface IDeploymentGrain : IGrainWithGuidKey
{
    /// <param name="ifMatch">The version the caller insists on; null for any.</param>
    [Alias("Edit")]
    Task<Answer<long>> Edit(DeploymentEdit edit, long? ifMatch, Caller caller);

    [Alias("Delete")]
    Task<Answer<long>> Delete(long? ifMatch, Caller caller);

    /// <summary>Resolves the targets and stages a record each. Takes up to two minutes for a very large fleet.</summary>
    [Alias("Initialize"), ResponseTimeout("00:02:30")]
    Task<Answer<InitializeSummary>> Initialize(long? ifMatch, Caller caller);

    /// <summary>A patch job's or patch rollback's row was inserted: stages its devices, and starts it when its time has come.</summary>
    [Alias("Begin"), ResponseTimeout("00:02:30")]
    Task<Answer<int>> Begin();

    /// <summary>Start, pause, resume, cancel or roll back.</summary>
    [Alias("Control"), ResponseTimeout("00:02:30")]
    Task<Answer<long>> Control(DeploymentCommand command, long? ifMatch, Caller caller);

    /// <summary>Manual retries, each judged by itself.</summary>
    [Alias("Retry")]
    Task<Answer<RetryOutcome[]>> Retry(int[] ordinals, Caller caller);

    /// <summary>A shard's records have changed. May be lost.</summary>
    [Alias("ShardChanged"), OneWay]
    Task ShardChanged(ShardNews news);

    /// <summary>Looks at the rows and does what is due; safe to call at any time.</summary>
    [Alias("Wake")]
    Task Wake();

    /// <summary>Somebody on this silo watches: progress goes there for half a minute, then it must ask again.</summary>
    /// <param name="silo">The silo's address, parsable.</param>
    [Alias("Watch"), OneWay]
    Task Watch(string silo);

    /// <summary>Goes on with what a call has begun, in a turn of its own, so that operators' calls come in between.</summary>
    [Alias("Proceed"), OneWay]
    Task Proceed();

    /// <summary>The next turn of a <see cref="Proceed"/> that could not do everything in one.</summary>
    [Alias("Continue"), OneWay]
    Task Continue();
}

/// <summary>At most 1,000 records of one batch: their dispatch, due retries and timeouts. Key: deployment, "run/shard".</summary>
[Alias("breeze.IShardGrain")]
public interface IShardGrain : IGrainWithGuidCompoundKey
{
    /// <summary>Its batch is open (or the deployment goes on): does what is due and keeps watch. Its deployment does not wait for it.</summary>
    [Alias("Wake"), OneWay]
    Task Wake(bool mayReload);

    [Alias("RecordsChanged"), OneWay]
    Task RecordsChanged(RecordChanged[] changes);

    /// <summary>Manual retries of records of this shard, now.</summary>
    [Alias("Retry")]
    Task<RetryOutcome[]> Retry(int[] ordinals, RetryTerms terms);

    /// <summary>The run is closed: its rows follow. True when none is left.</summary>
    [Alias("Sweep")]
    Task<bool> Sweep(Breeze.Contracts.Deployments.SkipReason reason);
}

/// <summary>One device's record: whatever its device says about an attempt, and its timeout, is committed here. Key: deployment, "run/ordinal".</summary>
[Alias("breeze.IDeviceDeploymentGrain")]
public interface IDeviceDeploymentGrain : IGrainWithGuidCompoundKey, ICommandOrigin
{
    /// <summary>The attempt has had its time and its grace.</summary>
    [Alias("Expire")]
    Task Expire(CommandId command, DeviceId device, int attempt);
}

/// <summary>The editable part of a draft, checked.</summary>
[GenerateSerializer, Immutable, Alias("breeze.DeploymentEdit")]
public sealed record DeploymentEdit(
    [property: Id(0)] string Name,
    [property: Id(1)] string Type,
    [property: Id(2)] string Payload,
    [property: Id(3)] string TargetConfig,
    [property: Id(4)] string RolloutConfig);

/// <summary>What initialize found besides the deployment's row.</summary>
[GenerateSerializer, Immutable, Alias("breeze.InitializeSummary")]
public sealed record InitializeSummary(
    [property: Id(0)] int ExcludedCount,
    [property: Id(1)] ExcludedTarget[] Excluded,
    [property: Id(2)] int OfflineCount,
    [property: Id(3)] int OutsideWindowCount);

[GenerateSerializer, Immutable, Alias("breeze.ExcludedTarget")]
public readonly record struct ExcludedTarget([property: Id(0)] Guid DeviceId, [property: Id(1)] string Reason);

/// <summary>On what terms a manual retry is made.</summary>
/// <param name="IsLastWord">The deployment has ended: a failure of this attempt is final.</param>
/// <param name="Caller">Who asked, for the audit line in the retry's own transaction.</param>
/// <param name="ResumedAt">Failures before it were accepted by a resume, and leave that count with their record.</param>
[GenerateSerializer, Immutable, Alias("breeze.RetryTerms")]
public readonly record struct RetryTerms([property: Id(0)] bool IsLastWord, [property: Id(1)] DateTimeOffset? ResumedAt, [property: Id(2)] Caller Caller);

/// <param name="Refusal">Null: it was sent.</param>
[GenerateSerializer, Immutable, Alias("breeze.RetryOutcome")]
public sealed record RetryOutcome([property: Id(0)] int Ordinal, [property: Id(1)] Refusal? Refusal);

/// <param name="Changed">Records that changed since the last news, at most 200.</param>
/// <param name="More">More changed than are listed.</param>
[GenerateSerializer, Immutable, Alias("breeze.ShardNews")]
public sealed record ShardNews([property: Id(0)] int Shard, [property: Id(1)] RecordChanged[] Changed, [property: Id(2)] bool More);
