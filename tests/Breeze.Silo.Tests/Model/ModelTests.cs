using System.Globalization;
using Breeze.Silo.Tests.Deployments;
using Breeze.Silo.Tests.Fixture;
using Xunit;
using Xunit.Abstractions;

namespace Breeze.Silo.Tests.Model;

/// <summary>
/// Random operators, devices, clocks and restarts against the invariants: many sequences beside each other on one silo, each from its
/// own seed. BREEZE_MODEL_SEQUENCES sets how many, BREEZE_MODEL_SEED where they begin.
/// </summary>
public abstract class ModelTests(SiloFixture silo, ITestOutputHelper output)
{
    private const int AtOnce = 250;
    private const int Rounds = 25;
    private const int MostDevices = 6;

    [EngineFact]
    public async Task Whatever_operators_and_devices_do_the_invariants_hold_and_every_deployment_ends()
    {
        var sequences = Setting("BREEZE_MODEL_SEQUENCES", 1_000);
        var seed = Setting("BREEZE_MODEL_SEED", Random.Shared.Next(1_000_000));
        output.WriteLine($"{sequences} sequences from seed {seed}");
        for (var done = 0; done < sequences; done += AtOnce)
        {
            await RunSome(seed + done, Math.Min(AtOnce, sequences - done));
        }
    }

    private async Task RunSome(int seed, int count)
    {
        var tenant = await ModelTenant.Create(silo, count * MostDevices);
        var all = Enumerable.Range(seed, count).Select(s => new ModelSequence(silo, tenant, s)).ToList();
        var random = new Random(seed);
        try
        {
            await Task.WhenAll(all.Select(s => s.Begin()));
            var restartAt = random.Next(5, Rounds);
            for (var round = 0; round < Rounds; round++)
            {
                await Task.WhenAll(all.Select(s => s.Act()));
                await Task.WhenAll(all.Select(s => s.Speak()));
                if (round == restartAt)
                {
                    all.ForEach(s => s.LoseConnections());
                    await silo.Restart();
                    await Task.WhenAll(all.Select(s => s.Reconnect()));
                }

                await silo.Clock.Advance(TimeSpan.FromSeconds(random.Next(1, 40)), TimeSpan.FromSeconds(5));
                await Look(tenant, all);
            }

            await Task.WhenAll(all.Select(s => s.Behave()));
            await End(tenant, all);
            await Task.WhenAll(all.Select(s => s.Judge()));
        }
        catch (Exception error)
        {
            throw new InvalidOperationException($"BREEZE_MODEL_SEED={seed}: {error.Message}", error);
        }
    }

    private async Task Look(ModelTenant tenant, List<ModelSequence> all)
    {
        if ((await Invariants.BrokenIn(silo, tenant.Org)).Count > 0)
        {
            // Which of them it is, says the look at each.
            await Task.WhenAll(all.Select(s => s.Look()));
        }

        var now = await tenant.Look();
        all.ForEach(s => s.Look(now[s.Id].Sent));
    }

    private async Task End(ModelTenant tenant, List<ModelSequence> all)
    {
        var open = all;
        await silo.Clock.AdvanceUntil(
            "every deployment ends",
            async () =>
            {
                await Task.WhenAll(open.Select(s => s.Speak()));
                var now = await tenant.Look();
                var ended = await Task.WhenAll(open.Select(s => s.HasEnded(now[s.Id].Stage)));
                open = [.. open.Where((_, i) => !ended[i])];
                return (open.Count == 0, string.Join("; ", open.Take(3)));
            },
            TimeSpan.FromHours(3),
            TimeSpan.FromSeconds(20));

        // Manual retries and accepted commands of cancelled deployments may still be on their way.
        for (var i = 0; i < 12; i++)
        {
            await Task.WhenAll(all.Select(s => s.Speak()));
            await silo.Clock.Advance(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(10));
        }
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : otherwise;
}

public sealed class SqliteModelTests(SqliteSilo silo, ITestOutputHelper output) : ModelTests(silo, output), IClassFixture<SqliteSilo>;

public sealed class PostgresModelTests(PostgresSilo silo, ITestOutputHelper output) : ModelTests(silo, output), IClassFixture<PostgresSilo>;
