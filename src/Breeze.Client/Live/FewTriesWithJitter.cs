using Breeze.Client.Http;
using Microsoft.AspNetCore.SignalR.Client;

namespace Breeze.Client.Live;

/// <summary>SignalR's own reconnecting, for a lost packet or a moment's absence; what lasts longer <see cref="ConsoleConnection"/> reopens itself.</summary>
/// <remarks>SignalR does not ask why a try failed, and would go on for ever with a session that has ended.</remarks>
internal sealed class FewTriesWithJitter(BreezeClientOptions options) : IRetryPolicy
{
    private const int Tries = 3;

    public TimeSpan? NextRetryDelay(RetryContext retryContext) =>
        retryContext.PreviousRetryCount < Tries ? Backoff.Wait((int)retryContext.PreviousRetryCount + 1, null, options) : null;
}
