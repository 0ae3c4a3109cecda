using Breeze.Contracts.Deployments;
using Breeze.Contracts.Live;

namespace Breeze.Cli.Deployments;

/// <summary>What somebody who watches a rollout knows: the newest progress, the rate of late, failures, what just happened. No I/O, no clock.</summary>
public sealed class RolloutView(string name, DateTimeOffset openedAt)
{
    private const int RecentKept = 6;
    private static readonly TimeSpan RateWindow = TimeSpan.FromSeconds(30);
    private readonly Queue<(DateTimeOffset At, int Ended)> _samples = new();
    private readonly Dictionary<Guid, string> _hostnames = [];
    private readonly LinkedList<RecentChange> _recent = new();
    private readonly Lock _lock = new();

    public string Name => name;

    /// <summary>When the rollout itself started; its elapsed time counts from here.</summary>
    public DateTimeOffset? StartedAt { get; set; }

    /// <summary>When it ended; its elapsed time stops here.</summary>
    public DateTimeOffset? EndedAt { get; private set; }

    public DeploymentProgress? Latest { get; private set; }

    public IReadOnlyList<FailureGroup> Failures { get; set; } = [];

    /// <summary>False while the live connection is being sought; what is shown may then be some seconds old.</summary>
    public bool IsLive { get; set; } = true;

    /// <summary>Grows with everything that changes what is shown.</summary>
    public int Revision { get; private set; }

    public bool HasEnded => Latest?.Status is DeploymentStatus.Completed or DeploymentStatus.Failed or DeploymentStatus.Cancelled;

    public IReadOnlyList<RecentChange> Recent
    {
        get
        {
            lock (_lock)
            {
                return [.. _recent];
            }
        }
    }

    /// <summary>Takes a progress message; an older one than the last is ignored.</summary>
    public void Take(DeploymentProgress message, DateTimeOffset at)
    {
        lock (_lock)
        {
            if (Latest is not null && message.Version < Latest.Version)
            {
                return;
            }

            Latest = message;
            Revision++;
            if (message.Progress is { } progress)
            {
                _samples.Enqueue((at, Ended(progress)));
                while (_samples.Count > 2 && at - _samples.Peek().At > RateWindow)
                {
                    _samples.Dequeue();
                }
            }
        }
    }

    /// <summary>Takes what the API answered; it carries no version and replaces the figures of the one that is there.</summary>
    public void Take(Deployment deployment, DateTimeOffset at)
    {
        StartedAt = deployment.StartedAt;
        EndedAt = deployment.CompletedAt;
        Take(new DeploymentProgress(deployment.Id, deployment.Status, deployment.Progress, deployment.PausedReason, Latest?.Version ?? 0), at);
    }

    public void Take(DevicesChanged message, DateTimeOffset at)
    {
        lock (_lock)
        {
            Revision++;
            foreach (var device in message.Devices.TakeLast(RecentKept))
            {
                _recent.AddFirst(new RecentChange(at, Named(device.DeviceId), device.Status, device.Phase));
                if (_recent.Count > RecentKept)
                {
                    _recent.RemoveLast();
                }
            }
        }
    }

    public void Know(DeviceRecord record)
    {
        lock (_lock)
        {
            _hostnames[record.DeviceId] = record.DeviceDisplayName ?? record.DeviceHostname;
        }
    }

    public TimeSpan Elapsed(DateTimeOffset now) => (EndedAt ?? now) - (StartedAt ?? openedAt);

    /// <summary>Devices a second that ended (completed, failed or skipped) over the last half minute; null until it can be told.</summary>
    public double? Rate(DateTimeOffset now)
    {
        lock (_lock)
        {
            if (_samples.Count == 0 || Latest?.Progress is not { } progress)
            {
                return null;
            }

            var (at, ended) = _samples.Peek();
            var span = (now - at).TotalSeconds;
            return span < 1 ? null : Math.Max(0, (Ended(progress) - ended) / Math.Max(span, 1));
        }
    }

    private static int Ended(Progress progress) => progress.Completed + progress.Failed + progress.Skipped;

    private string Named(Guid device) => _hostnames.TryGetValue(device, out var name) ? name : device.ToString();
}

/// <param name="Device">Its display name or hostname where known, else its id.</param>
public sealed record RecentChange(DateTimeOffset At, string Device, DeviceRecordStatus Status, DevicePhase? Phase);
