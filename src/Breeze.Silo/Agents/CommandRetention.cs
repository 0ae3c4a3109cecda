using System.Data.Common;
using Breeze.Silo.Hosting;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Agents;

/// <summary>Deletes ended commands that no gate's owner keeps. Those with a gate go with their run (<see cref="CommandLedger.Forget"/>).</summary>
internal sealed class CommandRetention(IDatabase database, SiloSettings settings, TimeProvider clock, ILogger<CommandRetention> logger)
    : RetentionLoop(database, settings.Retention.CommandDays, clock, logger)
{
    protected override string What => "device_commands";

    protected override Task<int> Delete(DbTransaction tx, DateTimeOffset before) => tx.Connection!.ExecuteAsync(
        $"""
        delete from device_commands where id in (
          select c.id from device_commands c where c.gate_id is null and c.ended_at is not null and c.ended_at < @before and c.state in (4, 5)
          limit {StepRows}{SkipHeld(tx, "c")})
        """,
        new { before },
        tx);
}

/// <summary>Deletes payloads that no command carries any more.</summary>
/// <remarks>
/// Nobody counts who carries what: a rollout's thousands would all write that count. A payload that was last given to a command before the
/// oldest command there is was made can be nobody's (docs/decisions/0091).
/// </remarks>
internal sealed class PayloadRetention(IDatabase database, SiloSettings settings, TimeProvider clock, ILogger<PayloadRetention> logger)
    : RetentionLoop(database, settings.Retention.CommandDays, clock, logger)
{
    protected override string What => "command_payloads";

    protected override async Task<int> Delete(DbTransaction tx, DateTimeOffset before)
    {
        // Ids begin with the time at which they were made, never after the command itself.
        var oldest = await tx.Connection!.QuerySingleOrDefaultAsync<OldestRow>("select c.id, c.created_at from device_commands c order by c.id limit 1", transaction: tx);
        var unused = new[] { before, oldest?.CreatedAt ?? before, oldest?.MadeAt ?? before }.Min() - CommandPayloads.UseNotedEvery;
        return await tx.Connection!.ExecuteAsync(
            $"""
            delete from command_payloads where used_at < @unused and id in (
              select p.id from command_payloads p where p.used_at < @unused order by p.used_at limit {StepRows}{SkipHeld(tx, "p")})
            """,
            new { unused },
            tx);
    }

    private sealed class OldestRow
    {
        public Guid Id { get; init; }

        public DateTimeOffset CreatedAt { get; init; }

        public DateTimeOffset MadeAt => DateTimeOffset.FromUnixTimeMilliseconds(Convert.ToInt64(Id.ToString("N")[..12], 16));
    }
}
