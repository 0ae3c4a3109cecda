using Breeze.Contracts.Deployments;
using Breeze.Contracts.Live;
using Breeze.Core;
using Breeze.Core.Deployments;
using Breeze.Silo.Live;

namespace Breeze.Silo.Deployments;

/// <summary>Sends a deployment's progress and changed devices to whoever watches: at most 5 of each a second, nothing when nobody does.</summary>
/// <remarks>One instance a grain activation; what it holds may be lost, for a client that misses something fetches.</remarks>
public sealed class DeploymentBroadcast(DeploymentQueries queries, LiveChannel live, TimeProvider clock)
{
    private const int MostDevices = 200;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly Dictionary<Guid, ChangedDevice> _changed = [];
    private bool _more;
    private bool _isDirty;
    private long _version;
    private DateTimeOffset _sentAt = DateTimeOffset.MinValue;

    public void Add(DeploymentId id, ShardNews news)
    {
        if (!live.IsWatched(id.Value))
        {
            return;
        }

        _isDirty = true;
        _more |= news.More;
        foreach (var change in news.Changed)
        {
            if (_changed.Count >= MostDevices && !_changed.ContainsKey(change.Device.Value))
            {
                _more = true;
                break;
            }

            _changed[change.Device.Value] = new ChangedDevice(change.Device.Value, change.State.Status, Phase(change.State));
        }
    }

    /// <summary>Devices have changed, and nobody knows any more which: who watches is told to fetch with the next message.</summary>
    public void Missed() => _more = true;

    /// <summary>The deployment's own row has changed.</summary>
    public void Changed(DeploymentId id) => _isDirty |= live.IsWatched(id.Value);

    /// <summary>Sends what has gathered, unless something was sent less than 200 ms ago.</summary>
    /// <returns>When to come again; null when nothing waits.</returns>
    public async Task<DateTimeOffset?> Flush(DeploymentId id)
    {
        if (!_isDirty || !live.IsWatched(id.Value))
        {
            _isDirty = false;
            return null;
        }

        var now = clock.GetUtcNow();
        if (now - _sentAt < Interval)
        {
            return _sentAt + Interval;
        }

        _sentAt = now;
        _isDirty = false;
        await Send(id);
        return null;
    }

    private async Task Send(DeploymentId id)
    {
        if (await queries.Progress(id) is not { } progress)
        {
            return;
        }

        // Time itself is the version: it grows over activations and silos as long as clocks agree to a few milliseconds.
        var version = _version = Math.Max(_version + 1, clock.GetUtcNow().ToUnixTimeMilliseconds());
        var devices = _changed.Count > 0 || _more ? new DevicesChanged(id.Value, [.. _changed.Values], _more, version) : null;
        _changed.Clear();
        _more = false;
        live.Publish(progress with { Version = version }, devices);
    }

    private static DevicePhase? Phase(RecordState state) => state.Status != DeviceRecordStatus.Running ? null
        : state.Accepted ? DevicePhase.Installing : DevicePhase.Downloading;
}
