using Breeze.Silo.Storage;
using Breeze.Silo.Tests.Fixture;
using Dapper;
using Xunit;

namespace Breeze.Silo.Tests.Storage;

/// <summary>A silo that hangs, or whose machine has lost its power, in the middle of a transaction.</summary>
[Collection(SiloFixture.Postgres)]
public sealed class StandingStillTests(PostgresSilo silo)
{
    [EngineFact]
    public async Task A_transaction_that_stands_still_lets_its_locks_go_and_is_told_so()
    {
        var scratch = await Scratch.Create(silo.Database);
        var id = Guid.NewGuid();
        await scratch.Insert(id);
        var update = $"update {scratch.Name} set version = version + 1 where id = @id";
        var holds = new TaskCompletionSource();
        var hung = silo.Database.Write(async tx =>
        {
            await tx.Connection!.ExecuteAsync(update, new { id }, tx);
            holds.SetResult();
            await Task.Delay(TimeSpan.FromSeconds(25));
            return await tx.Connection!.ExecuteAsync(update, new { id }, tx);
        });
        await holds.Task;
        await scratch.Write(update, new { id });
        Assert.False(hung.IsCompleted);
        Assert.True((await Assert.ThrowsAsync<StorageUnavailableException>(() => hung)).Retryable);
        Assert.Equal(2, await scratch.Scalar<int>($"select version from {scratch.Name} where id = @id", new { id }));
    }
}
