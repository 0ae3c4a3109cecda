using Breeze.Silo.Hosting;
using Breeze.Silo.Tests.Fixture;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;
using Xunit;

namespace Breeze.Silo.Tests.Storage;

public abstract class OrleansStorageTests(SiloFixture silo)
{
    private readonly GrainId _grain = GrainId.Create("test", Guid.NewGuid().ToString("N"));

    private IGrainStorage Storage => silo.Services.GetRequiredKeyedService<IGrainStorage>(OrleansSetup.Storage);

    private IReminderTable Reminders => silo.Services.GetRequiredService<IReminderTable>();

    [EngineFact]
    public async Task Of_two_first_writers_the_second_gets_a_version_conflict()
    {
        var (one, two) = (await Read(), await Read());
        await Write(one, "one");
        await Assert.ThrowsAsync<InconsistentStateException>(() => Write(two, "two"));
        Assert.Equal(["one"], (await Read()).State);
    }

    [EngineFact]
    public async Task Two_hundred_grains_first_written_twice_at_once_have_one_row_each()
    {
        var ids = Enumerable.Range(0, 200).Select(_ => GrainId.Create("test", Guid.NewGuid().ToString("N"))).ToList();
        var conflicts = await Task.WhenAll(ids.SelectMany(id => new[] { Try(id, "a"), Try(id, "b") }));
        Assert.Equal(200, conflicts.Count(c => c));
        foreach (var id in ids)
        {
            Assert.Contains((await Read(id)).State!.Single(), new[] { "a", "b" });
        }

        async Task<bool> Try(GrainId id, string value)
        {
            try
            {
                await Storage.WriteStateAsync("first", id, new GrainState<List<string>>([value]));
                return false;
            }
            catch (InconsistentStateException)
            {
                return true;
            }
        }
    }

    [EngineFact]
    public async Task A_stale_writer_loses_and_the_winner_goes_on()
    {
        var winner = await Read();
        await Write(winner, "1");
        var stale = await Read();
        await Write(winner, "2");
        await Assert.ThrowsAsync<InconsistentStateException>(() => Write(stale, "lost"));
        await Write(winner, "3");
        Assert.Equal(["3"], (await Read()).State);
    }

    [EngineFact]
    public async Task A_cleared_state_is_empty_and_can_be_written_again()
    {
        var state = await Read();
        await Write(state, "there");
        await Storage.ClearStateAsync("first", _grain, state);
        var cleared = await Read();
        Assert.Empty(cleared.State!);
        await Write(cleared, "again");
        Assert.Equal(["again"], (await Read()).State);
    }

    [EngineFact]
    public async Task A_stale_reader_may_not_clear()
    {
        var winner = await Read();
        await Write(winner, "1");
        var stale = await Read();
        var late = await Read();
        await Write(winner, "2");
        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage.ClearStateAsync("first", _grain, stale));
        Assert.Equal(["2"], (await Read()).State);

        // Of two that would clear the same version one is first; the other is told so.
        var second = await Read();
        await Storage.ClearStateAsync("first", _grain, winner);
        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage.ClearStateAsync("first", _grain, second));
        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage.ClearStateAsync("first", _grain, late));
    }

    [EngineFact]
    public async Task Keys_of_every_shape_have_states_of_their_own()
    {
        var guid = Guid.NewGuid();
        GrainId[] keys =
        [
            GrainId.Create(GrainType.Create("test"), GrainIdKeyExtensions.CreateGuidKey(guid)),
            GrainId.Create(GrainType.Create("test"), GrainIdKeyExtensions.CreateGuidKey(guid, "part")),
            GrainId.Create(GrainType.Create("test"), GrainIdKeyExtensions.CreateIntegerKey(guid.GetHashCode())),
            GrainId.Create("test", $"text/{guid}"),
        ];
        foreach (var key in keys)
        {
            await Storage.WriteStateAsync("first", key, new GrainState<List<string>>([key.ToString()]));
        }

        foreach (var key in keys)
        {
            Assert.Equal([key.ToString()], (await Read(key)).State);
        }
    }

    [EngineFact]
    public async Task State_and_reminders_survive_a_restart()
    {
        await Write(await Read(), "kept");
        var start = new DateTime(2026, 3, 2, 10, 0, 0, 123, DateTimeKind.Utc);
        var entry = new ReminderEntry { GrainId = _grain, ReminderName = "knock", StartAt = start, Period = TimeSpan.FromMinutes(1) };
        entry.ETag = await Reminders.UpsertRow(entry);

        await silo.Restart();

        Assert.Equal(["kept"], (await Read()).State);
        var read = await Reminders.ReadRow(_grain, "knock");
        Assert.Equal((start, TimeSpan.FromMinutes(1), entry.ETag), (read!.StartAt.ToUniversalTime(), read.Period, read.ETag));
        Assert.Equal(DateTimeKind.Utc, read.StartAt.Kind);
        Assert.True(await Reminders.RemoveRow(_grain, "knock", read.ETag!));
    }

    [EngineFact]
    public async Task A_reminder_is_found_by_its_grain_and_by_its_piece_of_the_ring_and_removed_by_its_own_version()
    {
        var entry = new ReminderEntry { GrainId = _grain, ReminderName = "knock", StartAt = DateTime.UnixEpoch, Period = TimeSpan.FromDays(60) };
        var first = await Reminders.UpsertRow(entry);
        var second = await Reminders.UpsertRow(entry);
        Assert.NotEqual(first, second);
        Assert.Single((await Reminders.ReadRows(_grain)).Reminders);

        var hash = _grain.GetUniformHashCode();
        (uint Begin, uint End, bool Holds)[] pieces =
            [(hash - 1, hash, true), (hash, hash - 1, false), (hash + 1, hash, true), (hash - 2, hash - 1, false), (0, 0, true)];
        foreach (var (begin, end, holds) in pieces)
        {
            var found = (await Reminders.ReadRows(begin, end)).Reminders.Any(r => r.GrainId == _grain);
            Assert.True(found == holds, $"({begin}, {end}] of a ring with {hash}: {found}");
        }

        Assert.False(await Reminders.RemoveRow(_grain, "knock", first!));
        Assert.True(await Reminders.RemoveRow(_grain, "knock", second!));
        Assert.Null(await Reminders.ReadRow(_grain, "knock"));
    }

    private async Task<GrainState<List<string>>> Read(GrainId? grain = null)
    {
        var state = new GrainState<List<string>>();
        await Storage.ReadStateAsync("first", grain ?? _grain, state);
        return state;
    }

    private Task Write(GrainState<List<string>> state, string value)
    {
        state.State = [value];
        return Storage.WriteStateAsync("first", _grain, state);
    }

    [Collection(SiloFixture.Sqlite)]
    public sealed class OnSqlite(SqliteSilo silo) : OrleansStorageTests(silo);

    [Collection(SiloFixture.Postgres)]
    public sealed class OnPostgres(PostgresSilo silo) : OrleansStorageTests(silo);
}
