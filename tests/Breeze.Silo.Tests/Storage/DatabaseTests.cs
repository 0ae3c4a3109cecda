using Breeze.Silo.Storage;
using Breeze.Silo.Tests.Fixture;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Xunit;

namespace Breeze.Silo.Tests.Storage;

public abstract class DatabaseTests(SiloFixture silo)
{
    [EngineFact]
    public async Task A_work_that_throws_leaves_nothing()
    {
        var scratch = await Scratch.Create(silo.Database);
        await Assert.ThrowsAsync<InvalidOperationException>(() => silo.Database.Write<int>(async tx =>
        {
            await tx.Connection!.ExecuteAsync($"insert into {scratch.Name} (id) values (@id)", new { id = Guid.NewGuid() }, tx);
            throw new InvalidOperationException("after the insert");
        }));
        Assert.Equal(0, await scratch.Scalar<int>($"select count(*) from {scratch.Name}"));
    }

    [EngineFact]
    public async Task A_second_row_of_a_key_is_told_as_such()
    {
        var scratch = await Scratch.Create(silo.Database);
        var id = Guid.NewGuid();
        await scratch.Insert(id);
        var error = await Assert.ThrowsAnyAsync<Exception>(() => scratch.Insert(id));
        Assert.True(StorageErrors.IsUniqueViolation(error), error.ToString());
        Assert.False(StorageErrors.IsTransient(error));
    }

    [EngineFact]
    public async Task A_read_cannot_write_on_sqlite_and_sees_what_was_committed_before_it()
    {
        var scratch = await Scratch.Create(silo.Database);
        for (var i = 1; i <= 20; i++)
        {
            await scratch.Insert(Guid.NewGuid());
            Assert.Equal(i, await scratch.Scalar<int>($"select count(*) from {scratch.Name}"));
        }

        if (silo.Engine == EngineKind.Sqlite)
        {
            await Assert.ThrowsAnyAsync<Exception>(() => silo.Database.Read(c => c.ExecuteAsync($"delete from {scratch.Name}")));
        }
    }

    [EngineFact]
    public async Task Two_writers_of_one_row_both_count()
    {
        var scratch = await Scratch.Create(silo.Database);
        var id = Guid.NewGuid();
        await scratch.Insert(id);
        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => scratch.Write($"update {scratch.Name} set version = version + 1 where id = @id", new { id })));
        Assert.Equal(51, await scratch.Scalar<int>($"select version from {scratch.Name} where id = @id", new { id }));
    }

    [EngineFact]
    public async Task A_cancelled_wait_writes_nothing()
    {
        var scratch = await Scratch.Create(silo.Database);
        using var cancel = new CancellationTokenSource();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => silo.Database.Write(
            tx => tx.Connection!.ExecuteAsync($"insert into {scratch.Name} (id) values (@id)", new { id = Guid.NewGuid() }, tx), cancel.Token));
        Assert.Equal(0, await scratch.Scalar<int>($"select count(*) from {scratch.Name}"));
    }

    [Collection(SiloFixture.Sqlite)]
    public sealed class OnSqlite(SqliteSilo silo) : DatabaseTests(silo)
    {
        [Fact]
        public async Task Commits_are_synced_and_foreign_keys_hold()
        {
            var pragmas = await silo.Database.Write(async tx => (
                await tx.Connection!.ExecuteScalarAsync<string>("pragma journal_mode", transaction: tx),
                await tx.Connection!.ExecuteScalarAsync<int>("pragma synchronous", transaction: tx),
                await tx.Connection!.ExecuteScalarAsync<int>("pragma foreign_keys", transaction: tx)));
            Assert.Equal(("wal", 2, 1), pragmas);
        }

        [Fact]
        public async Task A_write_inside_a_write_is_refused_instead_of_waiting_for_itself() =>
            await Assert.ThrowsAsync<InvalidOperationException>(() => silo.Database.Write(_ => silo.Database.Write(_ => Task.FromResult(1))));

        [Fact]
        public void What_the_database_could_not_do_crosses_silos_with_its_flag()
        {
            var serializer = silo.Services.GetRequiredService<Serializer>();
            var bytes = serializer.SerializeToArray<Exception>(new StorageUnavailableException("away", retryable: true));
            var crossed = Assert.IsType<StorageUnavailableException>(serializer.Deserialize<Exception>(bytes));
            Assert.Equal(("away", true), (crossed.Message, crossed.Retryable));
        }
    }

    [Collection(SiloFixture.Postgres)]
    public sealed class OnPostgres(PostgresSilo silo) : DatabaseTests(silo)
    {
        [Fact]
        public async Task Two_writes_that_wait_for_each_other_are_both_done_once()
        {
            var scratch = await Scratch.Create(silo.Database);
            Guid[] ids = [Guid.NewGuid(), Guid.NewGuid()];
            await scratch.Insert(ids);
            using var bothHold = new CountdownEvent(2);
            async Task<int> Grow(Guid first, Guid second) => await silo.Database.Write(async tx =>
            {
                await tx.Connection!.ExecuteAsync($"update {scratch.Name} set version = version + 1 where id = @first", new { first }, tx);
                if (!bothHold.IsSet)
                {
                    bothHold.Signal();
                }

                await Task.Run(bothHold.Wait);
                return await tx.Connection!.ExecuteAsync($"update {scratch.Name} set version = version + 1 where id = @second", new { second }, tx);
            });
            var changed = await Task.WhenAll(Grow(ids[0], ids[1]), Grow(ids[1], ids[0]));
            Assert.Equal([1, 1], changed);
            Assert.Equal(6, await scratch.Scalar<int>($"select sum(version) from {scratch.Name}"));
        }
    }
}
