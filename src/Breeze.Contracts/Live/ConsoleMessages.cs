using Breeze.Contracts.Deployments;

namespace Breeze.Contracts.Live;

/// <summary>Method names of <c>/hubs/console</c>.</summary>
public static class ConsoleHubMethods
{
    /// <summary>Client → server: <see cref="SubscribeRequest"/>, answered with <see cref="DeploymentProgress"/>.</summary>
    public const string Subscribe = "Subscribe";

    /// <summary>Client → server: <see cref="SubscribeRequest"/>.</summary>
    public const string Unsubscribe = "Unsubscribe";

    /// <summary>Server → client: <see cref="DeploymentProgress"/>, at most 5 a second a deployment.</summary>
    public const string DeploymentProgress = "DeploymentProgress";

    /// <summary>Server → client: <see cref="DevicesChanged"/>, at most 5 a second a deployment.</summary>
    public const string DevicesChanged = "DevicesChanged";

    /// <summary>Server → client, without arguments: the session or key has ended, and this connection with it.</summary>
    public const string SessionEnded = "SessionEnded";
}

public sealed record SubscribeRequest(Guid DeploymentId);

/// <summary>Where a deployment stands.</summary>
/// <param name="Version">Grows with every message of a deployment; an older one than the last seen is to be ignored.</param>
public sealed record DeploymentProgress(Guid DeploymentId, DeploymentStatus Status, Progress? Progress, string? PausedReason, long Version);

public sealed record ChangedDevice(Guid DeviceId, DeviceRecordStatus Status, DevicePhase? Phase);

/// <summary>Devices whose record changed since the last such message: at most 200.</summary>
/// <param name="More">More changed than are listed: refetch.</param>
public sealed record DevicesChanged(Guid DeploymentId, IReadOnlyList<ChangedDevice> Devices, bool More, long Version);

/// <summary>Method names of <c>/hubs/console</c> about patches.</summary>
public static class PatchHubMethods
{
    /// <summary>Client → server: <see cref="SubscribeJobRequest"/>, answered with <see cref="JobProgress"/>.</summary>
    public const string SubscribeJob = "SubscribeJob";

    /// <summary>Client → server: <see cref="SubscribeJobRequest"/>.</summary>
    public const string UnsubscribeJob = "UnsubscribeJob";

    /// <summary>Client → server: <see cref="SubscribeComplianceRequest"/>, answered with <see cref="ComplianceChanged"/>.</summary>
    public const string SubscribeCompliance = "SubscribeCompliance";

    /// <summary>Client → server: <see cref="SubscribeComplianceRequest"/>.</summary>
    public const string UnsubscribeCompliance = "UnsubscribeCompliance";

    /// <summary>Client → server: <see cref="SubscribeApprovalsRequest"/>, answered with an <see cref="ApprovalsChanged"/> that names none.</summary>
    public const string SubscribeApprovals = "SubscribeApprovals";

    /// <summary>Client → server: <see cref="SubscribeApprovalsRequest"/>.</summary>
    public const string UnsubscribeApprovals = "UnsubscribeApprovals";

    /// <summary>Server → client: <see cref="ApprovalsChanged"/>, at most one a second an organization, when something was decided or a deferral has ended.</summary>
    public const string ApprovalsChanged = "ApprovalsChanged";

    /// <summary>Server → client: <see cref="JobProgress"/>, at most 5 a second a job.</summary>
    public const string JobProgress = "JobProgress";

    /// <summary>Server → client: <see cref="ComplianceChanged"/>, at most one a second an organization, and only when it changed.</summary>
    public const string ComplianceChanged = "ComplianceChanged";
}

public sealed record SubscribeJobRequest(Guid JobId);

public sealed record SubscribeComplianceRequest(Guid OrgId);

public sealed record SubscribeApprovalsRequest(Guid OrgId);

/// <param name="Status">approved, rejected, deferred, or pending when a deferral has ended.</param>
public sealed record ChangedApproval(Guid PatchId, string Status);

/// <summary>Patches that an organization, or time, decided about since the last such message: at most 200.</summary>
/// <param name="More">More changed than are listed: refetch.</param>
public sealed record ApprovalsChanged(Guid OrgId, IReadOnlyList<ChangedApproval> Patches, bool More, DateTimeOffset AsOf);

/// <summary>Where a patch job stands.</summary>
/// <param name="Status">scheduled, running, completed, failed or cancelled.</param>
/// <param name="DevicesCompleted">Finished devices, failures and skipped ones included; with the pending always the total.</param>
/// <param name="Version">Grows with every message of a job; an older one than the last seen is to be ignored.</param>
public sealed record JobProgress(
    Guid JobId, string Status, int DevicesTotal, int DevicesCompleted, int DevicesFailed, int DevicesSkipped, int DevicesPending, long Version);

/// <summary>How an organization stands now.</summary>
/// <param name="Total">Rows: a patch on a device each.</param>
/// <param name="AsOf">When it was counted; an older one than the last seen is to be ignored.</param>
public sealed record ComplianceChanged(
    Guid OrgId, decimal CompliancePercent, long Total, long Pending, long Installed, long Failed, long Skipped, long Missing, DateTimeOffset AsOf);
