using System.ComponentModel.DataAnnotations;

namespace Breeze.Silo.Hosting;

/// <summary>How much one caller may ask for. What is over it is answered with 429 and <c>Retry-After</c>.</summary>
public sealed record LimitSettings
{
    /// <summary>Requests a minute by one API key or user. A minute's worth may come at once.</summary>
    [Range(60, 10_000_000)]
    public int RequestsPerMinutePerKey { get; init; } = 12_000;

    /// <summary>Requests a minute by all keys of one organization together.</summary>
    [Range(60, 10_000_000)]
    public int RequestsPerMinutePerOrg { get; init; } = 60_000;

    /// <summary>
    /// Requests that one silo answers at the same time, agents' and live connections aside. Beyond, reads are refused with 503 and
    /// <c>Retry-After</c>; changes at a quarter more, enrolments at a half more.
    /// </summary>
    [Range(8, 1_000_000)]
    public int RequestsAtOnce { get; init; } = 1_000;

    /// <summary>Requests with an unknown, expired or revoked key, by one network address a minute.</summary>
    [Range(1, 100_000)]
    public int FailedSignInsPerMinutePerAddress { get; init; } = 60;
}
