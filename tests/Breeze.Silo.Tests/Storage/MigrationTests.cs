using Breeze.Silo.Hosting;
using Breeze.Silo.Storage;
using Breeze.Silo.Tests.Fixture;
using Dapper;
using Xunit;

namespace Breeze.Silo.Tests.Storage;

public abstract class MigrationTests(SiloFixture silo)
{
    [EngineFact]
    public async Task Four_silos_that_start_together_migrate_once()
    {
        var data = Directory.CreateTempSubdirectory("breeze-migrate-").FullName;
        var settings = silo.Settings with
        {
            Data = data,
            Storage = silo.Settings.Storage with
            {
                ConnectionString = silo.Engine == EngineKind.Postgres ? await (await PostgresServer.Get()).EmptyDatabase() : null,
            },
        };
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => DatabaseStart.Prepare(settings))));

        IDatabase database = silo.Engine == EngineKind.Sqlite
            ? new SqliteDatabase(settings.ProductFile)
            : new PostgresDatabase(settings.Storage.ConnectionString!);
        await using var closing = (IAsyncDisposable)database;
        var scripts = await database.Read(c => c.QueryAsync<string>("select ScriptName from schema_versions"));
        Assert.Equal(scripts.Distinct(), scripts);
        Assert.NotEmpty(scripts);
        Assert.Equal(0, await database.Read(c => c.ExecuteScalarAsync<int>("select count(*) from devices")));
    }

    [EngineFact]
    public async Task A_second_start_changes_nothing()
    {
        var before = await Scripts();
        await DatabaseStart.Prepare(silo.Settings);
        Assert.Equal(before, await Scripts());

        Task<int> Scripts() => silo.Database.Read(c => c.ExecuteScalarAsync<int>("select count(*) from schema_versions"));
    }

    [Collection(SiloFixture.Sqlite)]
    public sealed class OnSqlite(SqliteSilo silo) : MigrationTests(silo);

    [Collection(SiloFixture.Postgres)]
    public sealed class OnPostgres(PostgresSilo silo) : MigrationTests(silo)
    {
        [EngineFact]
        public async Task A_server_that_loses_commits_is_refused_unless_allowed()
        {
            // The tests' own server runs with fsync off.
            var strict = silo.Settings with { Storage = silo.Settings.Storage with { AllowUnsafeDurability = false } };
            var refused = await Assert.ThrowsAsync<StartRefusedException>(() => DatabaseStart.Prepare(strict));
            Assert.Contains("fsync = off", refused.Message, StringComparison.Ordinal);
            Assert.Equal(StartRefusedException.NoDatabase, refused.ExitCode);
        }

        [EngineFact]
        public async Task A_server_that_is_not_there_is_waited_for_and_then_told_without_the_password()
        {
            var settings = silo.Settings with
            {
                Storage = silo.Settings.Storage with { ConnectionString = "Host=127.0.0.1;Port=1;Username=u;Password=hush;Database=d", StartupWaitSeconds = 1 },
            };
            var refused = await Assert.ThrowsAsync<StartRefusedException>(() => DatabaseStart.Prepare(settings));
            Assert.Contains("PostgreSQL cannot be reached", refused.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("hush", refused.ToString(), StringComparison.Ordinal);
        }
    }
}
