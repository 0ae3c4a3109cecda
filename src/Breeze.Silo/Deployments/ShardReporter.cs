using Breeze.Contracts.Deployments;

namespace Breeze.Silo.Deployments;

/// <summary>Gathers what changed in a shard and tells it upwards seldom enough: at once when it matters, else at most twice a second.</summary>
internal sealed class ShardReporter(TimeProvider clock)
{
    /// <summary>Devices named in one message; beyond that readers fetch.</summary>
    public const int MostNamed = 200;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    private readonly Dictionary<int, RecordChanged> _changed = [];
    private DateTimeOffset _sentAt = DateTimeOffset.MinValue;
    private bool _more;
    private bool _urgent;

    /// <summary>When what waits is to be sent; null when nothing waits.</summary>
    public DateTimeOffset? DueAt => IsEmpty ? null : _sentAt + Interval;

    private bool IsEmpty => _changed.Count == 0 && !_more;

    public void Add(IReadOnlyList<RecordChanged> changes)
    {
        foreach (var change in changes)
        {
            if (_changed.Count < MostNamed || _changed.ContainsKey(change.Key.Ordinal))
            {
                _changed[change.Key.Ordinal] = change;
            }
            else
            {
                _more = true;
            }

            // A failure may reach a limit, and a limit pauses at once.
            _urgent |= change.State.Status == DeviceRecordStatus.Failed;
        }
    }

    /// <summary>Records have changed, and nobody knows any more which: a silo died with what it had to tell.</summary>
    public void Missed() => _more = true;

    /// <param name="isFinished">Every record of the shard is terminal: a batch may be over.</param>
    public void Send(bool isFinished, Action<(RecordChanged[] Changed, bool More)> send)
    {
        if (IsEmpty)
        {
            return;
        }

        var now = clock.GetUtcNow();
        if (!isFinished && !_urgent && now - _sentAt < Interval)
        {
            return;
        }

        send(([.. _changed.Values], _more));
        _changed.Clear();
        (_more, _urgent, _sentAt) = (false, false, now);
    }
}
