using Breeze.Contracts.Deployments;

namespace Breeze.Console.Deployments;

/// <summary>Devices that finished a minute, over the last half minute of what was seen.</summary>
public sealed class RolloutRate
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(30);
    private readonly Queue<(DateTimeOffset At, int Ended)> _seen = new();

    /// <summary>Null until two looks lie two seconds apart.</summary>
    public double? PerMinute
    {
        get
        {
            if (_seen.Count < 2)
            {
                return null;
            }

            var (first, last) = (_seen.Peek(), _seen.Last());
            var time = last.At - first.At;
            return time < TimeSpan.FromSeconds(2) ? null : Math.Max(0, last.Ended - first.Ended) / time.TotalMinutes;
        }
    }

    public void Take(Progress progress, DateTimeOffset now)
    {
        _seen.Enqueue((now, progress.Completed + progress.Failed + progress.Skipped));
        while (_seen.Count > 2 && now - _seen.Peek().At > Window)
        {
            _seen.Dequeue();
        }
    }
}
