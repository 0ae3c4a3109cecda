using System.Data.Common;
using Breeze.Silo.Storage;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Breeze.Silo.Agents;

/// <summary>Gates that commands must pass to become sent. Every step is part of the caller's transaction.</summary>
/// <remarks>
/// Whoever marks commands sent holds the gate's row shared until its commit; closing updates that row. So a close waits for the sends under
/// way, and once it has committed nothing more becomes sent. On SQLite the single writer is the fence.
/// </remarks>
public static class CommandGates
{
    /// <summary>Makes the gate, or opens it again. A withdrawn gate stays shut.</summary>
    public static Task Open(DbTransaction tx, Guid gate) => tx.Connection!.ExecuteAsync(
        """
        insert into command_gates (id, open) values (@gate, 1)
        on conflict (id) do update set open = 1, epoch = command_gates.epoch + 1 where command_gates.withdrawn = 0
        """,
        new { gate },
        tx);

    /// <summary>Nothing of this gate becomes sent once this has committed; what was sent goes on.</summary>
    public static Task Close(DbTransaction tx, Guid gate) => tx.Connection!.ExecuteAsync(
        """
        insert into command_gates (id, open) values (@gate, 0)
        on conflict (id) do update set open = 0, epoch = command_gates.epoch + 1
        """,
        new { gate },
        tx);

    /// <summary>
    /// Closes the gate for ever and voids what its devices have not accepted: one row, however many commands. Their own rows follow by
    /// <see cref="CommandLedger.WithdrawGate"/>.
    /// </summary>
    public static Task Withdraw(DbTransaction tx, Guid gate) => tx.Connection!.ExecuteAsync(
        """
        insert into command_gates (id, open, withdrawn) values (@gate, 0, 1)
        on conflict (id) do update set open = 0, withdrawn = 1, epoch = command_gates.epoch + 1
        """,
        new { gate },
        tx);

    /// <summary>
    /// A withdrawn gate whose commands' rows all say so by now: it stays closed, and commands that bypass it may pass again (retries by hand).
    /// </summary>
    public static Task Lift(DbTransaction tx, Guid gate) => tx.Connection!.ExecuteAsync(
        "update command_gates set withdrawn = 0, epoch = epoch + 1 where id = @gate", new { gate }, tx);

    /// <summary>Holds the gate as it is until the transaction ends.</summary>
    /// <returns>True when commands may become sent.</returns>
    public static async Task<bool> HoldOpen(DbTransaction tx, Guid gate) =>
        await tx.Connection!.ExecuteScalarAsync<int?>(
            $"select open from command_gates where id = @gate and withdrawn = 0{HoldShared(tx)}", new { gate }, tx) == 1;

    /// <summary>Holds gates alone until the transaction ends: nobody makes anything sent meanwhile.</summary>
    internal static Task HoldAll(DbTransaction tx, IReadOnlyList<Guid> gates) => tx.QueryRows<Guid>(
        $"select g.id from command_gates g where g.id in ({{rows}}) order by g.id{HoldExclusive(tx, "g")}", new Rows().Uuid("gate_id", [.. gates]));

    /// <summary>Deletes gates together with what they stood before: nothing of them becomes sent ever after.</summary>
    public static Task Forget(DbTransaction tx, IReadOnlyList<Guid> gates) =>
        tx.ExecuteRows("delete from command_gates where id in ({rows})", new Rows().Uuid("gate_id", [.. gates]));

    /// <summary>The end of a select that holds its rows as they are: other readers pass, a change waits.</summary>
    /// <param name="of">The alias of the table whose rows are held; null for all.</param>
    internal static string HoldShared(DbTransaction tx, string? of = null) => Hold(tx, "share", of);

    /// <summary>The end of a select whose rows only this transaction may change until it ends.</summary>
    internal static string HoldExclusive(DbTransaction tx, string? of = null) => Hold(tx, "update", of);

    // SQLite has one writer: it holds everything already.
    private static string Hold(DbTransaction tx, string mode, string? of) =>
        tx.Connection is SqliteConnection ? "" : $" for {mode}{(of is null ? "" : $" of {of}")}";
}
