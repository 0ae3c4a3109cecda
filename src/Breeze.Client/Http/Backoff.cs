namespace Breeze.Client.Http;

/// <summary>Waits that double up to a limit, each random between its half and its whole, so that many clients do not return together.</summary>
internal static class Backoff
{
    /// <param name="attempt">1 after the first try.</param>
    /// <param name="asked">What the server's <c>Retry-After</c> said: never undercut, spread by up to a quarter.</param>
    public static TimeSpan Wait(int attempt, TimeSpan? asked, BreezeClientOptions options)
    {
        var whole = options.FirstDelay * Math.Pow(2, Math.Min(attempt - 1, 30));
        var wait = (whole < options.LongestDelay ? whole : options.LongestDelay) * (0.5 + (options.Chance.NextDouble() / 2));
        return asked is { } least && least + (least * 0.25 * options.Chance.NextDouble()) is var spread && spread > wait ? spread : wait;
    }
}
