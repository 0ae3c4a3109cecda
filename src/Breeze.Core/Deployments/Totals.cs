using Breeze.Contracts.Deployments;

namespace Breeze.Core.Deployments;

/// <summary>How many records stand where: a shard's, a batch's or a deployment's.</summary>
/// <param name="Pending">Includes <paramref name="Retrying"/>.</param>
/// <param name="Retrying">Pending after at least one attempt.</param>
/// <param name="Running">Includes <paramref name="Accepted"/>.</param>
/// <param name="Accepted">Running, and the device has said that it has the command.</param>
/// <param name="AcceptedFailures">Of <paramref name="Failed"/>: those an operator's resume has accepted.</param>
[GenerateSerializer, Immutable, Alias("breeze.Totals")]
public readonly record struct Totals(
    [property: Id(0)] int Pending,
    [property: Id(1)] int Retrying,
    [property: Id(2)] int Running,
    [property: Id(3)] int Accepted,
    [property: Id(4)] int Completed,
    [property: Id(5)] int Failed,
    [property: Id(6)] int Skipped,
    [property: Id(7)] int AcceptedFailures)
{
    public int All => Pending + Running + Completed + Failed + Skipped;

    /// <summary>Records that have not reached a terminal state.</summary>
    public int Open => Pending + Running;

    /// <summary>Records in one state; all of them for null.</summary>
    public int Of(DeviceRecordStatus? status) => status switch
    {
        DeviceRecordStatus.Pending => Pending,
        DeviceRecordStatus.Running => Running,
        DeviceRecordStatus.Completed => Completed,
        DeviceRecordStatus.Failed => Failed,
        DeviceRecordStatus.Skipped => Skipped,
        _ => All,
    };

    public static Totals operator +(Totals a, Totals b) => new(
        a.Pending + b.Pending,
        a.Retrying + b.Retrying,
        a.Running + b.Running,
        a.Accepted + b.Accepted,
        a.Completed + b.Completed,
        a.Failed + b.Failed,
        a.Skipped + b.Skipped,
        a.AcceptedFailures + b.AcceptedFailures);

    public static Totals operator -(Totals a, Totals b) => new(
        a.Pending - b.Pending,
        a.Retrying - b.Retrying,
        a.Running - b.Running,
        a.Accepted - b.Accepted,
        a.Completed - b.Completed,
        a.Failed - b.Failed,
        a.Skipped - b.Skipped,
        a.AcceptedFailures - b.AcceptedFailures);

    /// <summary>
    /// As it is once the run is closed: what had not been accepted is skipped. Rows follow in steps (a sweep), and until they have,
    /// this is what everyone is shown. Not a property: a record prints its properties, and this one would print itself for ever.
    /// </summary>
    public Totals AfterClosing() => new(0, 0, Accepted, Accepted, Completed, Failed, Skipped + Pending + (Running - Accepted), AcceptedFailures);

    /// <summary>(completed + failed) / total × 100, rounded half away from zero; 0 without targets.</summary>
    public static int PercentComplete(int completed, int failed, int total) =>
        total == 0 ? 0 : (int)Math.Round((completed + failed) * 100m / total, MidpointRounding.AwayFromZero);

    /// <summary>One record, counted where it stands.</summary>
    public static Totals Of(DeviceRecordStatus status, bool wasTried, bool accepted) => status switch
    {
        DeviceRecordStatus.Pending => new(1, wasTried ? 1 : 0, 0, 0, 0, 0, 0, 0),
        DeviceRecordStatus.Running => new(0, 0, 1, accepted ? 1 : 0, 0, 0, 0, 0),
        DeviceRecordStatus.Completed => new(0, 0, 0, 0, 1, 0, 0, 0),
        DeviceRecordStatus.Failed => new(0, 0, 0, 0, 0, 1, 0, 0),
        DeviceRecordStatus.Skipped => new(0, 0, 0, 0, 0, 0, 1, 0),
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, null),
    };
}
