using System.Data.Common;
using Npgsql;

namespace Breeze.Silo.Storage;

/// <summary>PostgreSQL: each call has a connection of the pool to itself.</summary>
public sealed class PostgresDatabase : IDatabase, IAsyncDisposable
{
    private readonly NpgsqlDataSource _source;

    /// <param name="connectionString">Npgsql's; the size of its pool is taken from <paramref name="maxConnections"/>.</param>
    public PostgresDatabase(string connectionString, int maxConnections = 40)
    {
        SqlTypes.Register();
        var pooled = new NpgsqlConnectionStringBuilder(connectionString) { MaxPoolSize = maxConnections, ApplicationName = "breeze" };
        _source = new NpgsqlDataSourceBuilder(pooled.ToString()) { Name = "breeze" }.Build();
    }

    public EngineKind Engine => EngineKind.Postgres;

    public async Task<T> Read<T>(Func<DbConnection, Task<T>> query, CancellationToken cancel = default)
    {
        try
        {
            await using var connection = await _source.OpenConnectionAsync(cancel);
            return await query(connection);
        }
        catch (Exception error) when (StorageErrors.Translate(error) is var translated && translated != error)
        {
            throw translated;
        }
    }

    public async Task<T> Write<T>(Func<DbTransaction, Task<T>> work, CancellationToken cancel = default)
    {
        try
        {
            await using var connection = await _source.OpenConnectionAsync(cancel);
            await using var transaction = await connection.BeginTransactionAsync(cancel);
            var result = await work(transaction);
            // Not cancelled half-way: a cancelled commit would leave the caller not knowing.
            await transaction.CommitAsync(CancellationToken.None);
            return result;
        }
        catch (Exception error) when (StorageErrors.Translate(error) is var translated && translated != error)
        {
            throw translated;
        }
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();
}
