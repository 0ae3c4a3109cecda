using Breeze.Silo.Hosting;
using Breeze.Silo.Tests.Fixture;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Breeze.Silo.Tests.Hosting;

/// <summary>When unfinished work is looked for.</summary>
[Collection(SiloFixture.Sqlite)]
public sealed class RecoveryLoopTests(SqliteSilo silo)
{
    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public async Task It_looks_at_the_start_when_a_silo_has_died_and_every_twenty_seconds()
    {
        var deaths = silo.Services.GetRequiredService<SiloDeaths>();
        using var loop = new Counting(silo.Services.GetRequiredService<IHostApplicationLifetime>(), deaths, _clock);
        await loop.StartAsync(CancellationToken.None);
        await loop.Has(1);

        deaths.SiloStatusChangeNotification(SiloAddress.Zero, SiloStatus.ShuttingDown);
        _clock.Advance(TimeSpan.FromSeconds(19));
        await Task.Delay(200);
        Assert.Equal(1, loop.Looks);

        deaths.SiloStatusChangeNotification(SiloAddress.Zero, SiloStatus.Dead);
        await loop.Has(2);

        // The tick that was under way still comes.
        _clock.Advance(TimeSpan.FromSeconds(1));
        await loop.Has(3);
        _clock.Advance(TimeSpan.FromSeconds(20));
        await loop.Has(4);
        await loop.StopAsync(CancellationToken.None);
        Assert.Equal(4, loop.Looks);
    }

    private sealed class Counting(IHostApplicationLifetime lifetime, SiloDeaths deaths, TimeProvider clock)
        : RecoveryLoop(lifetime, deaths, clock, NullLogger.Instance)
    {
        private int _looks;

        public int Looks => Volatile.Read(ref _looks);

        protected override string Unfinished => "Nothing";

        public Task<int> Has(int looks) => Eventually.Is("looked", () => Task.FromResult(Looks), now => now == looks, $"{looks} looks");

        protected override Task Look(CancellationToken stopping)
        {
            Interlocked.Increment(ref _looks);
            return Task.CompletedTask;
        }
    }
}
