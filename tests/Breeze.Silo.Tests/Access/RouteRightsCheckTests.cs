using Breeze.Core.Access;
using Breeze.Silo.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Breeze.Silo.Tests.Access;

public sealed class RouteRightsCheckTests
{
    [Fact]
    public void A_route_without_a_right_stops_the_start_and_is_named()
    {
        var refused = Assert.Throws<InvalidOperationException>(() => Check(app => app.MapPost("/open", () => "x")));
        Assert.Contains("POST /open", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Being_signed_in_is_no_right() =>
        Assert.Throws<InvalidOperationException>(() => Check(app => app.MapGet("/open", () => "x").RequireAuthorization()));

    [Fact]
    public void A_right_beside_an_opening_stops_the_start() => Assert.Throws<InvalidOperationException>(
        () => Check(app => app.MapGet("/open", () => "x").RequireRight(Right.ViewFleet).AllowAnonymous()));

    [Fact]
    public void An_operators_hub_method_without_a_right_stops_the_start_and_is_named()
    {
        var refused = Assert.Throws<InvalidOperationException>(() => Check(app => app.MapHub<HalfGuardedHub>("/hub")));
        Assert.Contains("HalfGuardedHub.Open", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("HalfGuardedHub.Guarded", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rights_devices_and_reasons_start() => Check(app =>
    {
        app.MapGet("/a", () => "x").RequireRight(Right.ViewFleet);
        app.MapGet("/b", () => "x").RequireDevice();
        app.MapGet("/c", () => "x").Public("A test says so.");
    });

    private static void Check(Action<WebApplication> map)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Services.AddSignalR();
        var app = builder.Build();
        map(app);
        app.RequireRightsEverywhere();
    }

    [RequireRight(Right.ViewFleet)]
    private sealed class HalfGuardedHub : Hub
    {
        [RequireRight(Right.ViewFleet)]
        public Task Guarded() => Clients.All.SendAsync(nameof(Guarded));

        public Task Open() => Clients.All.SendAsync(nameof(Open));
    }
}
