using Breeze.Client.Http;
using Microsoft.AspNetCore.SignalR.Client;

namespace Breeze.Client.Live;

/// <summary>Reconnects until disposed; SignalR's own policy gives up after four tries.</summary>
internal sealed class ForeverWithJitter(BreezeClientOptions options) : IRetryPolicy
{
    public TimeSpan? NextRetryDelay(RetryContext retryContext) =>
        Backoff.Wait((int)Math.Min(retryContext.PreviousRetryCount + 1, 30), null, options);
}
