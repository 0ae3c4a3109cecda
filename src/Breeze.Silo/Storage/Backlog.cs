using System.Collections.Concurrent;

namespace Breeze.Silo.Storage;

/// <summary>How far this process is behind with its database: what waits for a connection, for the writer, or in a group commit.</summary>
public sealed class Backlog
{
    private readonly Lock _lock = new();
    private readonly LinkedList<long> _line = [];
    private readonly ConcurrentDictionary<object, Func<long?>> _queues = new();

    /// <summary>How long the oldest of all that waits has waited; zero when nothing does. Real time, whatever clock the product has.</summary>
    public TimeSpan Oldest
    {
        get
        {
            var now = TimeProvider.System.GetTimestamp();
            var oldest = now;
            lock (_lock)
            {
                oldest = _line.First?.Value ?? now;
            }

            foreach (var queue in _queues.Values)
            {
                oldest = Math.Min(oldest, queue() ?? now);
            }

            return TimeProvider.System.GetElapsedTime(oldest, now);
        }
    }

    /// <summary>Begins to wait; the wait ends with the ticket.</summary>
    internal Ticket Enter()
    {
        lock (_lock)
        {
            return new(this, _line.AddLast(TimeProvider.System.GetTimestamp()));
        }
    }

    /// <param name="oldest">Since when its oldest item waits (a timestamp of the system's clock); null when none does.</param>
    internal void Watch(object owner, Func<long?> oldest) => _queues[owner] = oldest;

    internal void Forget(object owner) => _queues.TryRemove(owner, out _);

    private void Leave(LinkedListNode<long> place)
    {
        lock (_lock)
        {
            if (place.List is not null)
            {
                _line.Remove(place);
            }
        }
    }

    internal readonly struct Ticket(Backlog backlog, LinkedListNode<long> place) : IDisposable
    {
        public void Dispose() => backlog.Leave(place);
    }
}
