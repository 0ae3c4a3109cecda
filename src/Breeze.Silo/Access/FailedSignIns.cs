using System.Collections.Concurrent;
using Breeze.Silo.Hosting;

namespace Breeze.Silo.Access;

/// <summary>Counts failed sign-ins by network address, a minute at a time. Successful ones are never counted or held up.</summary>
/// <remarks>Kept in this silo's memory: it is a brake, not a record; the audit log and the metrics are.</remarks>
internal sealed class FailedSignIns(SiloSettings settings, TimeProvider clock)
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);
    private const int MostAddresses = 50_000;

    private readonly ConcurrentDictionary<string, (DateTimeOffset Since, int Count)> addresses = new(StringComparer.Ordinal);

    public void Count(string? address)
    {
        var now = clock.GetUtcNow();
        if (addresses.Count >= MostAddresses)
        {
            addresses.Clear();
        }

        addresses.AddOrUpdate(
            address ?? "", (now, 1), (_, seen) => now - seen.Since >= Window ? (now, 1) : (seen.Since, seen.Count + 1));
    }

    /// <summary>How long the address has to wait before a failure is answered as one again; null when it need not.</summary>
    public TimeSpan? Wait(string? address)
    {
        var now = clock.GetUtcNow();
        return addresses.TryGetValue(address ?? "", out var seen)
            && seen.Count > settings.Limits.FailedSignInsPerMinutePerAddress
            && now - seen.Since < Window
            ? Window - (now - seen.Since)
            : null;
    }
}
