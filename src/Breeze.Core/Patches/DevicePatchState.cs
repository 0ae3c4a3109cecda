namespace Breeze.Core.Patches;

/// <summary>How a patch stands on one device, and what scans, attempts and approvals make of it.</summary>
/// <param name="Status">As shown; <see cref="DevicePatchStatus.Gone"/> is not.</param>
/// <param name="Offered">The latest scan offers it.</param>
public readonly record struct DevicePatchState(DevicePatchStatus Status, bool Offered)
{
    /// <summary>Whether an install may be sent: the device offers it and it is not installed.</summary>
    public bool IsInstallable =>
        Offered && Status is DevicePatchStatus.Pending or DevicePatchStatus.Failed or DevicePatchStatus.Skipped;

    /// <summary>What a scan that offers the patch makes of it; null: seen for the first time.</summary>
    /// <remarks>
    /// A failure stays until an attempt or a scan shows the patch installed (contract, section 3). What a job passed over is pending again
    /// once the device has looked at everything; an incomplete scan does not tell that the reason is gone.
    /// </remarks>
    public static DevicePatchState OfferedBy(DevicePatchState? before, bool complete) => new(
        before?.Status switch
        {
            DevicePatchStatus.Failed => DevicePatchStatus.Failed,
            DevicePatchStatus.Skipped when !complete => DevicePatchStatus.Skipped,
            _ => DevicePatchStatus.Pending,
        },
        Offered: true);

    /// <summary>What a scan that finds the patch installed makes of it.</summary>
    public static DevicePatchState FoundInstalled { get; } = new(DevicePatchStatus.Installed, Offered: false);

    /// <summary>What a complete scan that shows the patch neither offered nor installed makes of it.</summary>
    public DevicePatchState AbsentFrom(bool approved) => new(
        Status == DevicePatchStatus.Failed ? DevicePatchStatus.Failed : Absent(approved), Offered: false);

    /// <summary>What an attempt's outcome makes of it.</summary>
    /// <remarks>
    /// A failed or skipped attempt on what is installed leaves it installed: it was a rollback's, or a scan was faster than the result.
    /// A skipped attempt does not take a failure away.
    /// </remarks>
    public DevicePatchState After(PatchResultStatus outcome) => this with
    {
        Status = (outcome, Status) switch
        {
            (PatchResultStatus.Installed, _) => DevicePatchStatus.Installed,
            (PatchResultStatus.RolledBack, DevicePatchStatus.Installed) => DevicePatchStatus.Pending,
            (PatchResultStatus.Failed, not DevicePatchStatus.Installed) => DevicePatchStatus.Failed,
            (PatchResultStatus.Skipped, DevicePatchStatus.Pending) => DevicePatchStatus.Skipped,
            _ => Status,
        },
    };

    /// <summary>What a decision of the organization makes of it: only what is absent looks different then.</summary>
    public DevicePatchState Decided(bool approved) =>
        Status is DevicePatchStatus.Missing or DevicePatchStatus.Gone ? this with { Status = Absent(approved) } : this;

    private static DevicePatchStatus Absent(bool approved) => approved ? DevicePatchStatus.Missing : DevicePatchStatus.Gone;
}
