using Breeze.Core.Patches;

namespace Breeze.Core.Tests.Patches;

/// <summary>The whole table: each status, each thing that happens to it, and what it is then.</summary>
public sealed class DevicePatchStateTests
{
    /// <summary>Before (null: never seen), complete, after.</summary>
    public static TheoryData<DevicePatchStatus?, bool, DevicePatchStatus> Offers => new()
    {
        { null, true, DevicePatchStatus.Pending },
        { null, false, DevicePatchStatus.Pending },
        { DevicePatchStatus.Pending, true, DevicePatchStatus.Pending },
        { DevicePatchStatus.Pending, false, DevicePatchStatus.Pending },
        { DevicePatchStatus.Installed, true, DevicePatchStatus.Pending },
        { DevicePatchStatus.Installed, false, DevicePatchStatus.Pending },
        { DevicePatchStatus.Failed, true, DevicePatchStatus.Failed },
        { DevicePatchStatus.Failed, false, DevicePatchStatus.Failed },
        { DevicePatchStatus.Skipped, true, DevicePatchStatus.Pending },
        { DevicePatchStatus.Skipped, false, DevicePatchStatus.Skipped },
        { DevicePatchStatus.Missing, true, DevicePatchStatus.Pending },
        { DevicePatchStatus.Gone, true, DevicePatchStatus.Pending },
    };

    [Theory]
    [MemberData(nameof(Offers))]
    public void A_scan_that_offers_it(DevicePatchStatus? before, bool complete, DevicePatchStatus after) => Assert.Equal(
        new DevicePatchState(after, Offered: true),
        DevicePatchState.OfferedBy(before is { } status ? new DevicePatchState(status, false) : null, complete));

    /// <summary>Before, approved, after.</summary>
    public static TheoryData<DevicePatchStatus, bool, DevicePatchStatus> Absences => new()
    {
        { DevicePatchStatus.Pending, true, DevicePatchStatus.Missing },
        { DevicePatchStatus.Pending, false, DevicePatchStatus.Gone },
        { DevicePatchStatus.Installed, true, DevicePatchStatus.Missing },
        { DevicePatchStatus.Installed, false, DevicePatchStatus.Gone },
        { DevicePatchStatus.Skipped, true, DevicePatchStatus.Missing },
        { DevicePatchStatus.Skipped, false, DevicePatchStatus.Gone },
        { DevicePatchStatus.Failed, true, DevicePatchStatus.Failed },
        { DevicePatchStatus.Failed, false, DevicePatchStatus.Failed },
        { DevicePatchStatus.Missing, true, DevicePatchStatus.Missing },
        { DevicePatchStatus.Missing, false, DevicePatchStatus.Gone },
        { DevicePatchStatus.Gone, true, DevicePatchStatus.Missing },
        { DevicePatchStatus.Gone, false, DevicePatchStatus.Gone },
    };

    [Theory]
    [MemberData(nameof(Absences))]
    public void A_complete_scan_without_it(DevicePatchStatus before, bool approved, DevicePatchStatus after) =>
        Assert.Equal(new DevicePatchState(after, Offered: false), new DevicePatchState(before, true).AbsentFrom(approved));

    /// <summary>Before, outcome, after.</summary>
    public static TheoryData<DevicePatchStatus, PatchResultStatus, DevicePatchStatus> Outcomes => new()
    {
        { DevicePatchStatus.Pending, PatchResultStatus.Installed, DevicePatchStatus.Installed },
        { DevicePatchStatus.Pending, PatchResultStatus.Failed, DevicePatchStatus.Failed },
        { DevicePatchStatus.Pending, PatchResultStatus.Skipped, DevicePatchStatus.Skipped },
        { DevicePatchStatus.Pending, PatchResultStatus.RolledBack, DevicePatchStatus.Pending },
        { DevicePatchStatus.Installed, PatchResultStatus.Installed, DevicePatchStatus.Installed },
        { DevicePatchStatus.Installed, PatchResultStatus.Failed, DevicePatchStatus.Installed },
        { DevicePatchStatus.Installed, PatchResultStatus.Skipped, DevicePatchStatus.Installed },
        { DevicePatchStatus.Installed, PatchResultStatus.RolledBack, DevicePatchStatus.Pending },
        { DevicePatchStatus.Failed, PatchResultStatus.Installed, DevicePatchStatus.Installed },
        { DevicePatchStatus.Failed, PatchResultStatus.Failed, DevicePatchStatus.Failed },
        { DevicePatchStatus.Failed, PatchResultStatus.Skipped, DevicePatchStatus.Failed },
        { DevicePatchStatus.Failed, PatchResultStatus.RolledBack, DevicePatchStatus.Failed },
        { DevicePatchStatus.Skipped, PatchResultStatus.Installed, DevicePatchStatus.Installed },
        { DevicePatchStatus.Skipped, PatchResultStatus.Failed, DevicePatchStatus.Failed },
        { DevicePatchStatus.Skipped, PatchResultStatus.Skipped, DevicePatchStatus.Skipped },
        { DevicePatchStatus.Missing, PatchResultStatus.Installed, DevicePatchStatus.Installed },
        { DevicePatchStatus.Missing, PatchResultStatus.Failed, DevicePatchStatus.Failed },
        { DevicePatchStatus.Missing, PatchResultStatus.Skipped, DevicePatchStatus.Missing },
        { DevicePatchStatus.Gone, PatchResultStatus.Skipped, DevicePatchStatus.Gone },
    };

    [Theory]
    [MemberData(nameof(Outcomes))]
    public void An_attempts_outcome(DevicePatchStatus before, PatchResultStatus outcome, DevicePatchStatus after) =>
        Assert.Equal(new DevicePatchState(after, true), new DevicePatchState(before, true).After(outcome));

    [Theory]
    [InlineData(DevicePatchStatus.Gone, true, DevicePatchStatus.Missing)]
    [InlineData(DevicePatchStatus.Missing, false, DevicePatchStatus.Gone)]
    [InlineData(DevicePatchStatus.Pending, true, DevicePatchStatus.Pending)]
    [InlineData(DevicePatchStatus.Failed, false, DevicePatchStatus.Failed)]
    [InlineData(DevicePatchStatus.Installed, false, DevicePatchStatus.Installed)]
    public void A_decision(DevicePatchStatus before, bool approved, DevicePatchStatus after) =>
        Assert.Equal(after, new DevicePatchState(before, false).Decided(approved).Status);

    [Fact]
    public void Only_what_is_offered_and_not_installed_can_be_installed()
    {
        DevicePatchStatus[] installable = [DevicePatchStatus.Pending, DevicePatchStatus.Failed, DevicePatchStatus.Skipped];
        foreach (var status in Enum.GetValues<DevicePatchStatus>())
        {
            Assert.Equal(installable.Contains(status), new DevicePatchState(status, true).IsInstallable);
            Assert.False(new DevicePatchState(status, false).IsInstallable);
        }
    }
}
