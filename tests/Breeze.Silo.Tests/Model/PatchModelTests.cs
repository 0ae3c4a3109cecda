using System.Globalization;
using Breeze.Silo.Tests.Deployments;
using Breeze.Silo.Tests.Fixture;
using Breeze.Silo.Tests.Patches;
using Dapper;
using Xunit;
using Xunit.Abstractions;

namespace Breeze.Silo.Tests.Model;

/// <summary>
/// Random decisions, jobs, rollbacks, scans, devices, clocks and restarts against a plain model of what may be sent. Many sequences
/// beside each other in one organization, each from its own seed; the settings are those of <see cref="ModelTests"/>.
/// </summary>
public abstract class PatchModelTests(SiloFixture silo, ITestOutputHelper output)
{
    private const int AtOnce = 100;
    private const int Rounds = 25;
    private const int MostDevices = 4;

    [EngineFact]
    public async Task Whatever_is_decided_nothing_unapproved_is_sent_and_every_job_ends()
    {
        var sequences = Setting("BREEZE_MODEL_SEQUENCES", 200);
        var seed = Setting("BREEZE_MODEL_SEED", Random.Shared.Next(1_000_000));
        output.WriteLine($"{sequences} sequences from seed {seed}");
        for (var done = 0; done < sequences; done += AtOnce)
        {
            try
            {
                await RunSome(seed + done, Math.Min(AtOnce, sequences - done));
            }
            catch (Exception error)
            {
                throw new InvalidOperationException($"BREEZE_MODEL_SEED={seed + done}: {error.Message}", error);
            }
        }
    }

    private async Task RunSome(int seed, int count)
    {
        var tenant = await ModelTenant.Create(silo, count * MostDevices);
        var all = Enumerable.Range(seed, count).Select(s => new PatchModelSequence(silo, tenant, s)).ToList();
        var random = new Random(seed);
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

            await silo.Clock.Advance(TimeSpan.FromSeconds(random.Next(1, 90)), TimeSpan.FromSeconds(10));
            await Look(tenant, all);
        }

        await Task.WhenAll(all.Select(s => s.Behave()));
        await silo.Clock.AdvanceUntil(
            "every job and rollback ends",
            async () =>
            {
                await Task.WhenAll(all.Select(s => s.Speak()));
                var open = await silo.Database.Read(c => c.ExecuteScalarAsync<long>(
                    """
                    select count(*) from deployments d where d.org_id = @Org and d.kind <> 0 and (d.stage not in (5, 6, 7) or d.swept = 0
                      or exists (select 1 from deployment_counts n where n.deployment_id = d.id and n.pending + n.running > 0))
                    """,
                    new { tenant.Org }));
                return (open == 0, $"{open} are open");
            },
            TimeSpan.FromHours(30),
            TimeSpan.FromMinutes(2));
        await Look(tenant, all);
        await Task.WhenAll(all.Select(s => s.Judge()));
        await CountInvariants.Hold(silo, tenant.Org);
    }

    private async Task Look(ModelTenant tenant, List<PatchModelSequence> all)
    {
        Assert.Empty(await Invariants.BrokenIn(silo, tenant.Org));
        await CountInvariants.Hold(silo, tenant.Org);
        var sent = await PatchModelSequence.Sent(silo, tenant.Org);
        all.ForEach(s => s.Look(sent));
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : otherwise;
}

public sealed class SqlitePatchModelTests(SqliteSilo silo, ITestOutputHelper output) : PatchModelTests(silo, output), IClassFixture<SqliteSilo>;

public sealed class PostgresPatchModelTests(PostgresSilo silo, ITestOutputHelper output) : PatchModelTests(silo, output), IClassFixture<PostgresSilo>;
