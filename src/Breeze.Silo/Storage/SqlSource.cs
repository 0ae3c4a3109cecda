using System.Data.Common;
using Dapper;

namespace Breeze.Silo.Storage;

/// <summary>Where a query runs: on a connection, or inside a transaction, so that one query serves reads and checks before a write.</summary>
/// <remarks>Both convert to it. SQLite refuses a command without the transaction its connection is in.</remarks>
public readonly record struct SqlSource(DbConnection Connection, DbTransaction? Transaction = null)
{
    public static implicit operator SqlSource(DbConnection connection) => new(connection, null);

    public static implicit operator SqlSource(DbTransaction transaction) => new(transaction.Connection!, transaction);

    public async Task<IReadOnlyList<T>> Query<T>(string sql, object? args = null) =>
        (await Connection.QueryAsync<T>(sql, args, Transaction)).AsList();

    /// <summary>The first row, or default when there is none.</summary>
    public Task<T?> First<T>(string sql, object? args = null) => Connection.QueryFirstOrDefaultAsync<T>(sql, args, Transaction);

    /// <inheritdoc cref="RowsSql.QueryRows{T}(DbConnection, string, Rows, object)"/>
    public Task<IReadOnlyList<T>> QueryRows<T>(string sql, Rows rows, object? args = null) =>
        Transaction is null ? Connection.QueryRows<T>(sql, rows, args) : Transaction.QueryRows<T>(sql, rows, args);
}
