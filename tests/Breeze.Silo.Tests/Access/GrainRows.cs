using Breeze.Silo.Storage;
using Breeze.Silo.Tests.Fixture;
using Dapper;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Breeze.Silo.Tests.Access;

/// <summary>Looks into Orleans' own tables, which are in a file of their own on SQLite.</summary>
internal static class GrainRows
{
    public static async Task<long> Count(SiloFixture silo, string key)
    {
        await using System.Data.Common.DbConnection connection = silo.Engine == EngineKind.Sqlite
            ? new SqliteConnection($"Data Source={silo.Settings.OrleansFile}")
            : new NpgsqlConnection(silo.Settings.Storage.ConnectionString);
        return await connection.ExecuteScalarAsync<long>("select count(*) from orleans_grains where key_text = @key", new { key });
    }
}
