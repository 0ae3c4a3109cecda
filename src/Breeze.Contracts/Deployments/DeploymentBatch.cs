namespace Breeze.Contracts.Deployments;

/// <summary>Where one batch of a run stands.</summary>
public enum BatchStatus
{
    /// <summary>Not dispatched.</summary>
    Waiting = 1,

    /// <summary>Dispatched, with devices left that have not finished.</summary>
    Running,

    /// <summary>Every device has finished; the next batch waits for its delay.</summary>
    Soaking,

    /// <summary>Every device has finished, none of them as failed.</summary>
    Done,

    /// <summary>Every device has finished, some as failed.</summary>
    Failed,
}

/// <summary>One batch of a deployment's run; pending + running + completed + failed + skipped = total at every look.</summary>
public sealed record DeploymentBatch
{
    /// <summary>From 1.</summary>
    public required int BatchNumber { get; init; }

    public required BatchStatus Status { get; init; }

    public required int Total { get; init; }

    public required int Pending { get; init; }

    public required int Running { get; init; }

    public required int Completed { get; init; }

    public required int Failed { get; init; }

    public required int Skipped { get; init; }

    /// <summary>Of <see cref="Pending"/>: those that wait for another attempt.</summary>
    public required int Retrying { get; init; }

    /// <summary>When its devices were released; null before.</summary>
    public DateTimeOffset? DispatchedAt { get; init; }

    /// <summary>When its last device finished; null while one has not, and for a batch that was closed before any was tried.</summary>
    public DateTimeOffset? CompletedAt { get; init; }

    /// <summary>When the batch after it is due; null when that is not known, or there is none.</summary>
    public DateTimeOffset? NextAt { get; init; }
}
