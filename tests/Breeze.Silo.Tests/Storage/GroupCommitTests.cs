using System.Collections.Concurrent;
using System.Data.Common;
using Breeze.Silo.Storage;
using Breeze.Silo.Tests.Fixture;
using Xunit;

namespace Breeze.Silo.Tests.Storage;

public abstract class GroupCommitTests(SiloFixture silo)
{
    [EngineFact]
    public async Task Each_caller_gets_the_outcome_of_its_own_row()
    {
        var scratch = await Scratch.Create(silo.Database);
        var ids = Enumerable.Range(0, 2000).Select(_ => Guid.NewGuid()).ToArray();
        await scratch.Insert(ids);
        var batches = new ConcurrentBag<int>();
        await using var group = Group(scratch, new() { AfterCommit = (items, _) => batches.Add(items.Count) });

        var outcomes = await Task.WhenAll(ids.Select((id, i) => group.Commit(new Change(id, Version: i % 10 == 0 ? 7 : 1))));

        Assert.Equal(ids.Select((_, i) => i % 10 != 0), outcomes);
        Assert.Equal(1800, await scratch.Scalar<int>($"select count(*) from {scratch.Name} where version = 2"));
        Assert.Equal(2000, batches.Sum());
        Assert.All(batches, size => Assert.InRange(size, 1, 512));
        Assert.True(batches.Count < 200, $"{batches.Count} transactions for 2000 rows");
    }

    [EngineFact]
    public async Task Of_two_writers_with_one_version_one_wins()
    {
        var scratch = await Scratch.Create(silo.Database);
        var id = Guid.NewGuid();
        await scratch.Insert(id);
        await using var one = Group(scratch);
        await using var two = Group(scratch);
        var outcomes = await Task.WhenAll(one.Commit(new Change(id, 1)), two.Commit(new Change(id, 1)));
        Assert.Single(outcomes, won => won);
    }

    [EngineFact]
    public async Task A_poison_row_fails_its_own_caller_alone()
    {
        var scratch = await Scratch.Create(silo.Database);
        var ids = Enumerable.Range(0, 100).Select(_ => Guid.NewGuid()).ToArray();
        await scratch.Insert(ids[1..]);
        await using var group = new GroupCommit<Guid, bool>("test_poison", silo.Database, async (tx, items) =>
        {
            await tx.ExecuteRows($"with v as ({{rows}}) insert into {scratch.Name} (id) select id from v", new Rows().Uuid("id", [.. items]));
            return [.. items.Select(_ => true)];
        });

        Guid[] mixed = [.. Enumerable.Range(0, 30).Select(_ => Guid.NewGuid()), ids[5], .. Enumerable.Range(0, 30).Select(_ => Guid.NewGuid())];
        var answers = await Task.WhenAll(mixed.Select(async id =>
        {
            try
            {
                return await group.Commit(id);
            }
            catch (DbException e) when (StorageErrors.IsUniqueViolation(e))
            {
                return false;
            }
        }));

        Assert.Equal(mixed.Select(id => id != ids[5]), answers);
        Assert.Equal(99 + 60, await scratch.Scalar<int>($"select count(*) from {scratch.Name}"));
    }

    [EngineFact]
    public async Task A_database_that_is_away_fails_the_batch_as_retryable_and_the_next_one_goes_on()
    {
        var away = true;
        await using var group = new GroupCommit<int, int>("test_away", silo.Database, (_, items) =>
            away ? throw new TimeoutException("no answer") : Task.FromResult(items));
        var error = await Assert.ThrowsAsync<StorageUnavailableException>(() => group.Commit(1));
        Assert.True(error.Retryable);
        away = false;
        Assert.Equal(2, await group.Commit(2));
    }

    [EngineFact]
    public async Task A_tenant_with_few_rows_does_not_wait_behind_one_with_thousands()
    {
        var order = new ConcurrentQueue<(string Tenant, int Batch)>();
        var batch = 0;
        using var first = new SemaphoreSlim(0);
        await using var group = new GroupCommit<string, int>(
            "test_fair",
            silo.Database,
            async (_, items) =>
            {
                if (batch++ == 0)
                {
                    await first.WaitAsync();
                }

                foreach (var item in items)
                {
                    order.Enqueue((item, batch));
                }

                return [.. items.Select(_ => 0)];
            },
            new() { FairBy = tenant => tenant, MaxBatch = 100 });
        var head = group.Commit("head");
        var many = Enumerable.Range(0, 2000).Select(_ => group.Commit("many")).ToList();
        var few = Enumerable.Range(0, 10).Select(_ => group.Commit("few")).ToList();
        first.Release();
        await Task.WhenAll([head, .. many, .. few]);
        var last = order.Where(o => o.Tenant == "few").Max(o => o.Batch);
        Assert.InRange(last, 1, 3);
    }

    [EngineFact]
    public async Task What_was_taken_in_is_committed_before_the_end()
    {
        var scratch = await Scratch.Create(silo.Database);
        var ids = Enumerable.Range(0, 500).Select(_ => Guid.NewGuid()).ToArray();
        await scratch.Insert(ids);
        var group = Group(scratch);
        var commits = ids.Select(id => group.Commit(new Change(id, 1))).ToList();
        await group.DisposeAsync();
        Assert.All(await Task.WhenAll(commits), Assert.True);
        await Assert.ThrowsAsync<StorageUnavailableException>(() => group.Commit(new Change(ids[0], 2)));
    }

    [EngineFact]
    public async Task Reads_of_many_callers_are_few_queries_and_an_unknown_key_has_no_row()
    {
        var scratch = await Scratch.Create(silo.Database);
        var ids = Enumerable.Range(0, 1000).Select(_ => Guid.NewGuid()).ToArray();
        await scratch.Insert(ids[..999]);
        var queries = 0;
        await using var reads = new GroupRead<Guid, string>("test_read", silo.Database, async (connection, keys) =>
        {
            Interlocked.Increment(ref queries);
            var found = await connection.QueryRows<Guid>($"select t.id from {scratch.Name} t join ({{rows}}) v on v.id = t.id", new Rows().Uuid("id", [.. keys]));
            return found.ToDictionary(id => id, id => $"row {id}");
        });
        var rows = await Task.WhenAll(ids.Select(id => reads.Read(id)));
        Assert.Equal(ids[..999].Select(id => $"row {id}").Append(null), rows);
        Assert.InRange(queries, 2, 100);
    }

    private static GroupCommit<Change, bool> Group(Scratch scratch, GroupCommitOptions<Change, bool>? options = null) =>
        new("test_versions", scratch.Database, async (tx, changes) =>
        {
            var won = await tx.QueryRows<Guid>(
                $"with v as ({{rows}}) update {scratch.Name} set version = v.version + 1 from v where {scratch.Name}.id = v.id and {scratch.Name}.version = v.version returning {scratch.Name}.id",
                new Rows().Uuid("id", [.. changes.Select(c => c.Id)]).BigInt("version", [.. changes.Select(c => c.Version)]));
            var set = won.ToHashSet();
            return [.. changes.Select(c => set.Contains(c.Id))];
        }, options);

    private sealed record Change(Guid Id, long Version);

    [Collection(SiloFixture.Sqlite)]
    public sealed class OnSqlite(SqliteSilo silo) : GroupCommitTests(silo);

    [Collection(SiloFixture.Postgres)]
    public sealed class OnPostgres(PostgresSilo silo) : GroupCommitTests(silo);
}
