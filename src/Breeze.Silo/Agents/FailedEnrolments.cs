namespace Breeze.Silo.Agents;

/// <summary>Counts failed enrolments by address, in minutes; successes cost nothing.</summary>
internal sealed class FailedEnrolments(AgentsSettings settings, TimeProvider clock)
{
    private const int MostAddresses = 100_000;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _counts = new(StringComparer.Ordinal);
    private DateTimeOffset _until;

    /// <summary>How long the address has to wait; null when it may try.</summary>
    public TimeSpan? MustWait(string address)
    {
        lock (_lock)
        {
            StartWindow();
            return _counts.GetValueOrDefault(address) >= settings.FailedEnrollmentsPerMinute ? _until - clock.GetUtcNow() : null;
        }
    }

    public void Failed(string address)
    {
        lock (_lock)
        {
            StartWindow();
            if (_counts.Count < MostAddresses || _counts.ContainsKey(address))
            {
                _counts[address] = _counts.GetValueOrDefault(address) + 1;
            }
        }
    }

    private void StartWindow()
    {
        var now = clock.GetUtcNow();
        if (now >= _until)
        {
            _counts.Clear();
            _until = now + Window;
        }
    }
}
