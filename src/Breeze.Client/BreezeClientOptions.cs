namespace Breeze.Client;

/// <summary>How patiently the client repeats what may be repeated.</summary>
public sealed class BreezeClientOptions
{
    /// <summary>Tries of one call, the first included: 1–20, 5 by default; 1 never repeats.</summary>
    public int Attempts { get; init; } = 5;

    /// <summary>The wait before the first repeat, doubled for each further one; the real wait is random between half of it and all of it. 250 ms by default.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The longest wait between two tries, 8 s by default. A server's <c>Retry-After</c> above <see cref="LongestRetryAfter"/> ends the repeating.</summary>
    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>The longest <c>Retry-After</c> that is waited for, 60 s by default; a longer one is handed to the caller as the refusal it is.</summary>
    public TimeSpan LongestRetryAfter { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long one try may take, 35 s by default (the server answers within 30); initialize has <see cref="InitializeTimeout"/>.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(35);

    /// <summary>How long one try of initialize may take, 130 s by default (the server answers within 120).</summary>
    public TimeSpan InitializeTimeout { get; init; } = TimeSpan.FromSeconds(130);

    /// <summary>The clock that waits are measured by.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>
    /// What carries the requests of <see cref="BreezeClient.Connect"/>; null for the platform's own. It stays the caller's to dispose, and does not
    /// carry the live connection.
    /// </summary>
    public HttpMessageHandler? Handler { get; init; }

    /// <summary>Where jitter comes from; a seeded one makes the waits reproducible.</summary>
    public Random Chance { get; init; } = Random.Shared;
}
