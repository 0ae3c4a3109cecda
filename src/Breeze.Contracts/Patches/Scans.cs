namespace Breeze.Contracts.Patches;

/// <summary>Body of <c>POST /patches/scan</c>.</summary>
/// <param name="DeviceIds">1 to 10,000; a repeated id counts once.</param>
/// <param name="Source">microsoft, apple, linux, third_party or custom; null for every source that the device's system has.</param>
public sealed record PatchScanRequest(IReadOnlyList<Guid> DeviceIds, string? Source = null);

/// <summary>What became of a request to scan.</summary>
/// <param name="DeviceCount">Accessible devices whose scan is queued, or waited already.</param>
/// <param name="QueuedCommandIds">All of their commands; the next two lists share them out.</param>
/// <param name="DispatchedCommandIds">Sent over a connection that is open.</param>
/// <param name="PendingCommandIds">Waiting for their devices to connect.</param>
/// <param name="FailedDeviceIds">Out of service, or with a system that does not have the source.</param>
public sealed record PatchScanAnswer(
    int DeviceCount,
    IReadOnlyList<Guid> QueuedCommandIds,
    IReadOnlyList<Guid> DispatchedCommandIds,
    IReadOnlyList<Guid> PendingCommandIds,
    IReadOnlyList<Guid> FailedDeviceIds,
    ScanSkipped Skipped);

/// <param name="MissingDeviceIds">There is no such device.</param>
/// <param name="InaccessibleDeviceIds">Outside what the key may see.</param>
public sealed record ScanSkipped(IReadOnlyList<Guid> MissingDeviceIds, IReadOnlyList<Guid> InaccessibleDeviceIds);
