using System.Data.Common;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Agents;

/// <summary>The one step that makes waiting commands sent, or sends them again: under their gates, set-wide.</summary>
internal static class CommandClaims
{
    /// <summary>How long until a command before a closed gate is looked at again.</summary>
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromSeconds(10);

    /// <summary>Decides about each command by its gate, commits the decision, and answers those that go, oldest first.</summary>
    public static async Task<IReadOnlyList<OutgoingCommand>> Step(DbTransaction tx, IReadOnlyList<WaitingRow> waiting, DateTimeOffset now)
    {
        var gates = (await tx.QueryRows<GateRow>(
            $"select g.id, g.open, g.withdrawn from command_gates g where g.id in ({{rows}}) order by g.id{CommandGates.HoldShared(tx)}",
            new Rows().Uuid("gate_id", [.. waiting.Where(w => !w.IsAccepted).Select(w => w.GateId).OfType<Guid>().Distinct()])))
            .ToDictionary(g => g.Id);
        var open = waiting.ToLookup(w => Judge(w, gates));
        var args = new
        {
            now = now.ToUnixTimeMilliseconds(),
            resend = (now + CommandLedger.ResendAfter).ToUnixTimeMilliseconds(),
            again = (now + LookAgainAfter).ToUnixTimeMilliseconds(),
        };
        var sent = (await tx.QueryRows<Guid>(
            $$"""
            with v as ({rows})
            update device_commands set state = 2, sent_at = coalesce(sent_at, @now), resend_at = @resend
            from v where device_commands.id = v.command_id and {{CommandLedger.Unaccepted}} returning id
            """,
            Ids(open[Decision.Go]),
            args)).ToHashSet();
        await tx.ExecuteRows(
            $"with v as ({{rows}}) update device_commands set resend_at = @again from v where device_commands.id = v.command_id and {CommandLedger.Unaccepted}",
            Ids(open[Decision.Wait]),
            args);
        await tx.ExecuteRows(
            $$"""
            with v as ({rows})
            update device_commands set state = 5, ended_at = @now, resend_at = null
            from v where device_commands.id = v.command_id and {{CommandLedger.Unaccepted}}
            """,
            Ids(open[Decision.Void]),
            args);
        var go = waiting.Where(w => sent.Contains(w.Id) || w.IsAccepted).OrderBy(w => w.Id).ToList();
        var payloads = (await tx.QueryRows<PayloadRow>(
            "select p.id, p.body from command_payloads p where p.id in ({rows})",
            new Rows().Uuid("payload_id", [.. go.Select(w => w.PayloadId).Distinct()]))).ToDictionary(p => p.Id, p => p.Body);
        return [.. go.Select(w => new OutgoingCommand(
            new(w.Id), new(w.DeviceId), w.SiloId ?? "", w.Type, payloads[w.PayloadId], w.Attempt, w.Origin, now))];
    }

    private enum Decision
    {
        Go,
        Wait,
        Void,
        Again,
    }

    private static Decision Judge(WaitingRow command, Dictionary<Guid, GateRow> gates)
    {
        if (command.IsAccepted)
        {
            return Decision.Again;
        }

        if (command.GateId is not { } id)
        {
            return Decision.Go;
        }

        var gate = gates.GetValueOrDefault(id);
        return gate switch
        {
            { Withdrawn: true } => Decision.Void,
            { Open: true } => Decision.Go,
            not null when command.BypassesGate => Decision.Go,
            _ => Decision.Wait,
        };
    }

    private static Rows Ids(IEnumerable<WaitingRow> commands) => new Rows().Uuid("command_id", [.. commands.Select(c => c.Id)]);

    private sealed class GateRow
    {
        public Guid Id { get; init; }

        public bool Open { get; init; }

        public bool Withdrawn { get; init; }
    }

    private sealed class PayloadRow
    {
        public Guid Id { get; init; }

        public string Body { get; init; } = "";
    }
}

/// <summary>A command that waits for its device.</summary>
internal sealed class WaitingRow
{
    /// <summary>Of <c>device_commands c</c>.</summary>
    public const string Columns = "c.id, c.device_id, c.type, c.payload_id, c.attempt, c.state, c.gate_id, c.bypasses_gate, c.origin";

    public Guid Id { get; init; }

    public Guid DeviceId { get; init; }

    public string Type { get; init; } = "";

    public Guid PayloadId { get; init; }

    public int Attempt { get; init; }

    public int State { get; init; }

    public Guid? GateId { get; init; }

    public bool BypassesGate { get; init; }

    public string? Origin { get; init; }

    /// <summary>The silo that holds the device's socket; null when it is away, or when the reader knows it already.</summary>
    public string? SiloId { get; init; }

    public bool IsAccepted => State == (int)CommandState.Accepted;
}
