using System.Globalization;
using System.Net;
using Breeze.Contracts.Agents;
using Breeze.Silo.Agents;
using Breeze.Silo.Hosting;
using Breeze.Silo.Hosting.Load;
using Breeze.Silo.Tests.Agents;
using Breeze.Silo.Tests.Fixture;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Breeze.Silo.Tests.Hosting;

/// <summary>A real silo under pressure: its database has no connection left for reads, or it is flooded.</summary>
public abstract class LoadSheddingTests(SiloFixture silo)
{
    protected const int Held = 64;
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(5);

    private Overload Overload => silo.Services.GetRequiredService<Overload>();

    [EngineFact]
    public async Task An_overloaded_silo_refuses_everything_but_what_devices_did_and_recovers_by_itself()
    {
        var world = await AgentWorld.Create(silo);
        var device = await world.Enrol();
        await using var agent = await TestAgent.Connect(silo, device);
        var sent = await world.Send(device);
        var command = await agent.Next("sent");
        var held = HoldReads();
        try
        {
            await LevelIs(4);
            IsRefused(await silo.Admin.Get("/devices").WaitAsync(AtOnce));
            IsRefused(await silo.Admin.Post("/filters/preview", "{}").WaitAsync(AtOnce));
            IsRefused(await silo.Admin.Post("/sites", "{}").WaitAsync(AtOnce));
            var arrival = await Assert.ThrowsAnyAsync<Exception>(() => TestAgent.Open(silo, "brd_nobody"));
            Assert.Contains("503", arrival.ToString(), StringComparison.Ordinal);
            var report = await Assert.ThrowsAsync<HubException>(() => agent.Report(new ReportInventory("another-name")));
            Assert.InRange(Busy.Hint(report.Message) ?? default, TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(2));

            using var orchestrator = silo.Client();
            Assert.Equal("live", await orchestrator.GetStringAsync(new Uri("/health/live", UriKind.Relative)).WaitAsync(AtOnce));
            Assert.Equal("ready", await orchestrator.GetStringAsync(new Uri("/health/ready", UriKind.Relative)).WaitAsync(AtOnce));
            Assert.True(await agent.Accept(command).WaitAsync(AtOnce));
            Assert.Null((await agent.Say(new Result(command.Id, 1, ResultStatus.Completed, 0, "done")).WaitAsync(AtOnce)).Refused);
        }
        finally
        {
            held.SetResult(0);
        }

        await LevelIs(0);
        Assert.Equal(CommandState.Done, (await world.Row(sent)).State);
        (await silo.Admin.Get("/devices")).Is(HttpStatusCode.OK);
        await agent.Report(new ReportInventory("another-name"));
    }

    [EngineFact]
    public async Task A_flood_of_reads_is_refused_beyond_the_cap_and_the_rest_is_answered()
    {
        (await silo.Admin.Get("/sites")).Is(HttpStatusCode.OK);
        var held = HoldReads();
        Task<Reply>[] flood = [.. Enumerable.Range(0, 30).Select(_ => silo.Admin.Get("/sites"))];
        try
        {
            await Eventually.Is(
                "flooded", () => Task.FromResult(flood.Count(f => f.IsCompleted)), done => done >= 30 - Tight.RequestsAtOnce, $"all but {Tight.RequestsAtOnce} answered");
        }
        finally
        {
            held.SetResult(0);
        }

        var answers = await Task.WhenAll(flood);
        Assert.InRange(answers.Count(a => a.Status == HttpStatusCode.OK), 1, Tight.RequestsAtOnce);
        Assert.All(answers.Where(a => a.Status != HttpStatusCode.OK), IsRefused);
        await LevelIs(0);
    }

    private Task<int> LevelIs(int level) => Eventually.Is("overload", () => Task.FromResult(Overload.Level), now => now == level, $"level {level}");

    // More than there are connections: the last of them wait, as everybody else then does.
    private TaskCompletionSource<int> HoldReads()
    {
        var held = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        for (var n = 0; n < Held; n++)
        {
            _ = silo.Database.Read(_ => held.Task);
        }

        return held;
    }

    private static void IsRefused(Reply reply)
    {
        reply.Is(HttpStatusCode.ServiceUnavailable);
        Assert.InRange(int.Parse(Assert.Single(reply.Message.Headers.GetValues("Retry-After")), CultureInfo.InvariantCulture), 2, 30);
    }
}

/// <summary>Limits that are reached in tenths of seconds and with few requests.</summary>
internal static class Tight
{
    public const int RequestsAtOnce = 8;

    public static SiloSettings Settings(SiloSettings settings) => settings with { Limits = settings.Limits with { RequestsAtOnce = RequestsAtOnce } };

    public static void Services(WebApplicationBuilder builder) => builder.Services
        .AddSingleton(new OverloadLimits(OverloadLimits.Default.Pool, [0.6, 0.8, 1, 1.2], OverloadLimits.Default.Memory))
        .AddHostedService<LoadWatch>();
}

public sealed class TightSqliteSilo : SqliteSilo
{
    protected override SiloSettings Adjust(SiloSettings settings) => Tight.Settings(settings);

    protected override void Adjust(WebApplicationBuilder builder) => Tight.Services(builder);
}

public sealed class TightPostgresSilo : PostgresSilo
{
    protected override SiloSettings Adjust(SiloSettings settings) => Tight.Settings(settings);

    protected override void Adjust(WebApplicationBuilder builder) => Tight.Services(builder);
}

[Collection(SiloFixture.Sqlite)]
public sealed class SqliteLoadSheddingTests(TightSqliteSilo silo) : LoadSheddingTests(silo), IClassFixture<TightSqliteSilo>;

[Collection(SiloFixture.Postgres)]
public sealed class PostgresLoadSheddingTests(TightPostgresSilo silo) : LoadSheddingTests(silo), IClassFixture<TightPostgresSilo>
{
    private readonly TightPostgresSilo _silo = silo;

    [EngineFact]
    public async Task A_silo_whose_writes_all_wait_still_renews_its_lease()
    {
        var held = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        var writes = Enumerable.Range(0, Held).Select(_ => _silo.Database.Write(_ => held.Task)).ToList();
        try
        {
            await _silo.Services.GetRequiredService<SiloLease>().Renew(0).WaitAsync(TimeSpan.FromSeconds(5));
        }
        finally
        {
            held.SetResult(0);
        }

        await Task.WhenAll(writes);
    }
}
