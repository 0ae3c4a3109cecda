using System.Diagnostics;
using Breeze.Core;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Bench;

/// <summary>The least a rollout could cost: three row writes a device by the best bulk statement, with nothing else around.</summary>
public static class Floor
{
    private const int Page = 5_000;

    /// <returns>Devices a second.</returns>
    public static async Task<double> Measure(IDatabase database, int devices)
    {
        await database.Write(async tx =>
        {
            await tx.Connection!.ExecuteAsync("drop table if exists bench_floor", transaction: tx);
            return await tx.Connection!.ExecuteAsync(
                "create table bench_floor (deployment uuid not null, ordinal int not null, status smallint not null, at bigint, output text, primary key (deployment, ordinal))",
                transaction: tx);
        });
        var deployment = DeploymentId.New();
        var started = Stopwatch.GetTimestamp();
        for (var first = 0; first < devices; first += Page)
        {
            var ordinals = Enumerable.Range(first, Math.Min(Page, devices - first)).ToArray();
            await database.Write(tx => tx.ExecuteRows(
                "insert into bench_floor (deployment, ordinal, status) select @deployment, v.ordinal, 1 from ({rows}) v", new Rows().Int("ordinal", ordinals), new { deployment }));
            foreach (var status in new[] { 2, 3 })
            {
                await database.Write(tx => tx.ExecuteRows(
                    """
                    with v as ({rows})
                    update bench_floor set status = @status, at = 1, output = 'done' from v where bench_floor.deployment = v.in_deployment and bench_floor.ordinal = v.at_ordinal
                    """,
                    new Rows().Uuid("in_deployment", [.. ordinals.Select(_ => deployment.Value)]).Int("at_ordinal", ordinals),
                    new { status }));
            }
        }

        var elapsed = Stopwatch.GetElapsedTime(started);
        await database.Write(tx => tx.Connection!.ExecuteAsync("drop table bench_floor", transaction: tx));
        return devices / elapsed.TotalSeconds;
    }
}
