using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Tests.Storage;

/// <summary>A table of a test's own, with a column of each kind and a version.</summary>
internal sealed class Scratch
{
    private Scratch(IDatabase database, string name)
    {
        Database = database;
        Name = name;
    }

    public IDatabase Database { get; }

    public string Name { get; }

    public static async Task<Scratch> Create(IDatabase database)
    {
        var scratch = new Scratch(database, $"scratch_{Guid.NewGuid():N}");
        await scratch.Write(
            $"create table {scratch.Name} (id uuid primary key, other uuid, number int, at bigint, flag smallint, name text, version bigint not null default 1)");
        return scratch;
    }

    public Task<int> Write(string sql, object? args = null) => Database.Write(tx => tx.Connection!.ExecuteAsync(sql, args, tx));

    public Task<int> Write(string sql, Rows rows, object? args = null) => Database.Write(tx => tx.ExecuteRows(sql, rows, args));

    public Task<T?> Scalar<T>(string sql, object? args = null) => Database.Read(c => c.ExecuteScalarAsync<T>(sql, args));

    public Task<int> Insert(params Guid[] ids) =>
        Write($"with v as ({{rows}}) insert into {Name} (id) select id from v", new Rows().Uuid("id", ids));
}
