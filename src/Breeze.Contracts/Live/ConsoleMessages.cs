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
}

public sealed record SubscribeRequest(Guid DeploymentId);

/// <summary>Where a deployment stands.</summary>
/// <param name="Version">Grows with every message of a deployment; an older one than the last seen is to be ignored.</param>
public sealed record DeploymentProgress(Guid DeploymentId, DeploymentStatus Status, Progress? Progress, string? PausedReason, long Version);

public sealed record ChangedDevice(Guid DeviceId, DeviceRecordStatus Status, DevicePhase? Phase);

/// <summary>Devices whose record changed since the last such message: at most 200.</summary>
/// <param name="More">More changed than are listed: refetch.</param>
public sealed record DevicesChanged(Guid DeploymentId, IReadOnlyList<ChangedDevice> Devices, bool More, long Version);
