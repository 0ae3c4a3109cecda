namespace Breeze.Silo.Storage;

/// <summary>A bounded queue with a lane per key, emptied in turns, so that one key's thousands do not stand before another's few.</summary>
internal sealed class FairQueue<T>(int laneCapacity) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<object, Lane> _lanes = [];
    private readonly Queue<Lane> _turns = [];
    private readonly SemaphoreSlim _filled = new(0);
    private int _count;
    private long? _takenSince;
    private bool _closed;

    public int Count => Volatile.Read(ref _count);

    /// <summary>
    /// When the oldest item came in, by the system's timestamps, of those inside and those taken last: who takes is done with them when it
    /// takes again. Null for none.
    /// </summary>
    public long? OldestSince
    {
        get
        {
            lock (_lock)
            {
                var oldest = _takenSince;
                foreach (var lane in _turns)
                {
                    var since = lane.Items.Peek().Since;
                    oldest = oldest < since ? oldest : since;
                }

                return oldest;
            }
        }
    }

    /// <summary>Waits for room in the key's lane, then enters. False once the queue is closed.</summary>
    public async ValueTask<bool> Enqueue(object key, T item, CancellationToken cancel)
    {
        Lane? lane;
        lock (_lock)
        {
            if (!_lanes.TryGetValue(key, out lane))
            {
                _lanes.Add(key, lane = new Lane(laneCapacity));
            }
        }

        await lane.Room.WaitAsync(cancel);
        lock (_lock)
        {
            if (_closed)
            {
                return false;
            }

            if (lane.Items.Count == 0)
            {
                _turns.Enqueue(lane);
            }

            lane.Items.Enqueue((item, TimeProvider.System.GetTimestamp()));
            if (_count++ == 0)
            {
                _filled.Release();
            }
        }

        return true;
    }

    /// <summary>Waits for something, then takes up to <paramref name="most"/>, one a lane in turn. Empty: closed and drained.</summary>
    public Task<List<T>> Take(int most) => Take(most, static _ => 1, int.MaxValue);

    /// <summary>As the other, and no further item once what is taken weighs <paramref name="heaviest"/>.</summary>
    public async Task<List<T>> Take(int most, Func<T, int> weight, int heaviest)
    {
        while (true)
        {
            lock (_lock)
            {
                _takenSince = null;
                if (_count > 0)
                {
                    return TakeTurns(most, weight, heaviest);
                }

                if (_closed)
                {
                    return [];
                }
            }

            await _filled.WaitAsync();
        }
    }

    /// <summary>Lets nothing more in; what is inside can still be taken.</summary>
    public void Close()
    {
        lock (_lock)
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
            _filled.Release();
            foreach (var lane in _lanes.Values)
            {
                lane.Room.Release(laneCapacity);
            }
        }
    }

    public void Dispose() => _filled.Dispose();

    private List<T> TakeTurns(int most, Func<T, int> weight, int heaviest)
    {
        var taken = new List<T>(Math.Min(most, _count));
        var weighs = 0L;
        while (taken.Count < most && weighs < heaviest && _turns.TryDequeue(out var lane))
        {
            var (item, since) = lane.Items.Dequeue();
            _takenSince = _takenSince < since ? _takenSince : since;
            taken.Add(item);
            weighs += weight(item);
            lane.Room.Release();
            if (lane.Items.Count > 0)
            {
                _turns.Enqueue(lane);
            }
        }

        _count -= taken.Count;
        return taken;
    }

    private sealed class Lane(int capacity)
    {
        public Queue<(T Item, long Since)> Items { get; } = [];

        public SemaphoreSlim Room { get; } = new(capacity);
    }
}
