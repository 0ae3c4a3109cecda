using System.Security.Claims;
using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Silo.Access;
using Breeze.Silo.Hosting;
using Breeze.Silo.Storage;
using Breeze.Silo.Tests.Fixture;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
using Xunit;

namespace Breeze.Silo.Tests.Hosting;

public sealed class LimitTests
{
    private static readonly SiloSettings Settings = new()
    {
        Limits = new() { RequestsPerMinutePerKey = 60, RequestsPerMinutePerOrg = 100, FailedSignInsPerMinutePerAddress = 3 },
    };

    [Fact]
    public void A_key_has_its_own_minutes_worth_and_its_organization_one_for_all_keys()
    {
        var options = new RateLimiterOptions();
        new RateLimits(Settings).Configure(options);
        var org = OrgScope.Org(OrgId.New());
        var (first, second, elsewhere) = (Request(org), Request(org), Request(OrgScope.Org(OrgId.New())));
        Assert.Equal(60, Granted(first, 80));
        Assert.Equal(40, Granted(second, 60));
        Assert.Equal(60, Granted(elsewhere, 60));
        Assert.Equal(500, Granted(new DefaultHttpContext(), 500));

        int Granted(HttpContext http, int asked) => Enumerable.Range(0, asked).Count(_ => options.GlobalLimiter!.AttemptAcquire(http).IsAcquired);
    }

    [Fact]
    public async Task An_address_that_keeps_failing_waits_out_its_minute_and_another_does_not()
    {
        var clock = new SiloClock();
        var failures = new FailedSignIns(Settings, clock.Provider);
        for (var i = 0; i < 3; i++)
        {
            failures.Count("192.0.2.1");
        }

        Assert.Null(failures.Wait("192.0.2.1"));
        failures.Count("192.0.2.1");
        Assert.Equal(TimeSpan.FromMinutes(1), failures.Wait("192.0.2.1"));
        Assert.Null(failures.Wait("192.0.2.2"));
        await clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Null(failures.Wait("192.0.2.1"));
    }

    [Theory]
    [InlineData(typeof(InvalidOperationException), 500)]
    [InlineData(typeof(TimeoutException), 503)]
    [InlineData(typeof(StorageUnavailableException), 503)]
    public void What_nobody_expected_is_answered_without_its_message(Type kind, int status)
    {
        var exception = (Exception)Activator.CreateInstance(kind, "Host=db;Password=hunter2 select * from api_keys")!;
        var explained = HttpErrors.Explain(exception, new DefaultHttpContext());
        Assert.Equal(status, explained.Status);
        Assert.DoesNotContain("hunter2", explained.Refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("select", explained.Refusal.Message, StringComparison.Ordinal);
    }

    private static DefaultHttpContext Request(OrgScope scope) => new()
    {
        User = new ClaimsPrincipal(new CallerIdentity(new Caller(ApiKeyId.New(), "key", Role.Admin, scope))),
    };
}
