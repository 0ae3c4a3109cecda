using Breeze.Silo.Hosting.Load;
using Breeze.Silo.Storage;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Breeze.Silo.Tests.Hosting;

/// <summary>What an overloaded silo refuses, by its signs; and what a request is.</summary>
public sealed class OverloadTests
{
    private static readonly RequestClass[] Order =
        [RequestClass.Read, RequestClass.Change, RequestClass.Arrival, RequestClass.Report, RequestClass.Result, RequestClass.Vital];

    [Theory]
    [InlineData(0, 0, 0, 0)]
    [InlineData(1.9, 4.9, 0.74, 0)]
    [InlineData(2, 0, 0, 1)]
    [InlineData(0, 5, 0, 1)]
    [InlineData(0, 0, 0.75, 1)]
    [InlineData(4, 5, 0, 2)]
    [InlineData(0, 12, 0, 3)]
    [InlineData(8, 0, 0, 4)]
    [InlineData(1000, 1000, 0.94, 4)]
    [InlineData(0, 0, 0.95, 5)]
    public void Signs_that_stay_shed_the_first_classes_and_results_only_when_memory_ends(double pool, double storage, double memory, int classes)
    {
        var overload = new Overload(OverloadLimits.Default);
        for (var look = 0; look < 20; look++)
        {
            overload.Look(Signs(pool, storage, memory));
        }

        Assert.Equal(Order.Take(classes), Order.Where(overload.Sheds));
    }

    [Fact]
    public void One_more_class_is_refused_a_look_so_that_the_cheaper_ones_can_help_first()
    {
        var overload = new Overload(OverloadLimits.Default);
        var levels = Enumerable.Range(0, 6).Select(_ =>
        {
            overload.Look(Signs(0, 60, 0));
            return overload.Level;
        });
        Assert.Equal([1, 2, 3, 4, 4, 4], levels);
    }

    [Fact]
    public void It_lets_in_again_one_class_after_another_once_it_is_well_below_the_limit()
    {
        var overload = new Overload(OverloadLimits.Default);
        overload.Look(Signs(0, 60, 0));
        overload.Look(Signs(0, 60, 0));
        Assert.Equal(2, overload.Level);
        for (var look = 0; look < 10; look++)
        {
            // Below the limit of its level, 8 s, but not below half of it.
            overload.Look(Signs(0, 4.5, 0));
        }

        Assert.Equal(2, overload.Level);
        var levels = Enumerable.Range(0, 5).Select(_ =>
        {
            overload.Look(default);
            return overload.Level;
        });
        Assert.Equal([2, 1, 1, 0, 0], levels);
    }

    [Theory]
    [InlineData(RequestClass.Read, 99, false)]
    [InlineData(RequestClass.Read, 100, true)]
    [InlineData(RequestClass.Change, 124, false)]
    [InlineData(RequestClass.Change, 125, true)]
    [InlineData(RequestClass.Arrival, 149, false)]
    [InlineData(RequestClass.Arrival, 150, true)]
    [InlineData(RequestClass.Result, 100_000, false)]
    [InlineData(RequestClass.Vital, 100_000, false)]
    public void At_a_hundred_requests_at_once_reads_stop_first(RequestClass asked, int inFlight, bool isFull) =>
        Assert.Equal(isFull, Overload.IsFull(asked, inFlight, most: 100));

    [Theory]
    [InlineData("GET", "/api/v1/devices", RequestClass.Read)]
    [InlineData("HEAD", "/api/v1/devices", RequestClass.Read)]
    [InlineData("POST", "/api/v1/deployments", RequestClass.Change)]
    [InlineData("DELETE", "/api/v1/devices/1", RequestClass.Change)]
    [InlineData("POST", "/hubs/console/negotiate", RequestClass.Read)]
    [InlineData("GET", "/hubs/agent", RequestClass.Arrival)]
    [InlineData("GET", "/health/ready", RequestClass.Vital)]
    [InlineData("GET", "/metrics", RequestClass.Vital)]
    [InlineData("GET", "/", RequestClass.Vital)]
    public void A_request_is_what_its_method_and_address_say(string method, string path, RequestClass expected)
    {
        var http = new DefaultHttpContext();
        (http.Request.Method, http.Request.Path) = (method, path);
        Assert.Equal(expected, RequestClasses.Of(http));
    }

    [Fact]
    public async Task The_backlog_is_as_old_as_its_oldest_item_until_that_is_done()
    {
        var queue = new FairQueue<int>(10);
        Assert.Null(queue.OldestSince);
        await queue.Enqueue("a", 1, CancellationToken.None);
        var first = queue.OldestSince;
        await queue.Enqueue("b", 2, CancellationToken.None);
        Assert.Equal(first, queue.OldestSince);
        Assert.Equal([1], await queue.Take(1));

        // Taken is not done: the commit may hang.
        Assert.Equal(first, queue.OldestSince);
        Assert.Equal([2], await queue.Take(1));
        Assert.True(queue.OldestSince > first);
        var done = queue.Take(1);
        Assert.Null(queue.OldestSince);
        queue.Close();
        Assert.Empty(await done);
        queue.Dispose();
    }

    private static LoadSigns Signs(double pool, double storage, double memory) => new(TimeSpan.FromSeconds(pool), TimeSpan.FromSeconds(storage), memory);
}
