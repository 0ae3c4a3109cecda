using System.Data.Common;
using Breeze.Contracts.Agents;
using Dapper;

namespace Breeze.Silo.Agents;

/// <summary>Which keys sign this installation's commands: their ids in the database, where all silos see them. The keys are never there.</summary>
internal static class CommandKeyRegister
{
    /// <summary>The ids, oldest first; none before the first silo's first start.</summary>
    public static async Task<IReadOnlyList<string>> Ids(DbConnection connection, DbTransaction? tx = null) =>
        (await connection.QueryAsync<string>("select id from command_keys order by position", transaction: tx)).AsList();

    /// <summary>Adds those of a file's keys that are not registered yet.</summary>
    /// <returns>
    /// False, and nothing was written: the file does not hold the newest registered key, so its newest is none that every agent knows or can
    /// learn. Silos that begin at the same time with different keys take turns at the first row.
    /// </returns>
    public static async Task<bool> Add(DbTransaction tx, IReadOnlyList<CommandKey> keys, DateTimeOffset now)
    {
        var registered = await Ids(tx.Connection!, tx);
        if (registered.Count > keys.Count || registered.Where((id, i) => keys[i].Id != id).Any())
        {
            return false;
        }

        var isMine = true;
        for (var position = registered.Count; isMine && position < keys.Count; position++)
        {
            isMine = await tx.Connection!.ExecuteAsync(
                "insert into command_keys (position, id, registered_at) values (@position, @Id, @now) on conflict (position) do nothing",
                new { position = position + 1, keys[position].Id, now },
                tx) == 1;
        }

        return registered.Count == keys.Count || (await Ids(tx.Connection!, tx)).SequenceEqual(keys.Select(key => key.Id));
    }

    /// <summary>Forgets all keys if this one is the newest: its file is lost, and others take its place.</summary>
    public static async Task<bool> Forget(DbTransaction tx, string lost) =>
        await tx.Connection!.ExecuteAsync(
            "delete from command_keys where exists (select 1 from command_keys newest where newest.id = @lost "
            + "and newest.position = (select max(position) from command_keys))",
            new { lost },
            tx) > 0;
}
