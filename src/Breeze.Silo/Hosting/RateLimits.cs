using System.Globalization;
using System.Threading.RateLimiting;
using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Silo.Access;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Options;

namespace Breeze.Silo.Hosting;

/// <summary>So many requests a minute by key, and by organization. Devices and public routes have limits of their own.</summary>
internal sealed class RateLimits(SiloSettings settings) : IConfigureOptions<RateLimiterOptions>
{
    public void Configure(RateLimiterOptions options)
    {
        var byKey = PartitionedRateLimiter.Create<HttpContext, Guid>(http => http.User.FindCaller() is { } caller
            ? Bucket(caller.KeyId.Value, settings.Limits.RequestsPerMinutePerKey)
            : RateLimitPartition.GetNoLimiter(Guid.Empty));
        var byOrg = PartitionedRateLimiter.Create<HttpContext, Guid>(http => http.User.FindCaller() is { Scope.Kind: ScopeKind.Org } caller
            ? Bucket(caller.Scope.Id, settings.Limits.RequestsPerMinutePerOrg)
            : RateLimitPartition.GetNoLimiter(Guid.Empty));
        options.GlobalLimiter = PartitionedRateLimiter.CreateChained(byKey, byOrg);
        options.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
        options.OnRejected = (context, _) =>
        {
            var wait = context.Lease.TryGetMetadata(MetadataName.RetryAfter, out var after) ? after : TimeSpan.FromSeconds(1);
            var http = context.HttpContext;
            http.Response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
            return new ValueTask(Problems.Write(
                http, StatusCodes.Status429TooManyRequests, Refusal.Invalid("Too many requests; wait as long as Retry-After says.")));
        };
    }

    private static RateLimitPartition<Guid> Bucket(Guid id, int perMinute) => RateLimitPartition.GetTokenBucketLimiter(id, _ => new()
    {
        TokenLimit = perMinute,
        TokensPerPeriod = Math.Max(1, perMinute / 60),
        ReplenishmentPeriod = TimeSpan.FromSeconds(1),
        QueueLimit = 0,
        AutoReplenishment = true,
    });
}
