using Breeze.Silo.Agents;
using Breeze.Silo.Hosting;
using Breeze.Silo.Storage;
using Breeze.Silo.Tests.Fixture;
using Dapper;
using Xunit;

namespace Breeze.Silo.Tests.Agents;

/// <summary>Which key files a silo may start with, on both engines. Each row of the register is a key that agents have pinned.</summary>
public sealed class CommandKeyStartTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("breeze-keys-").FullName;

    public static TheoryData<EngineKind> Engines => PostgresServer.Missing is null ? [EngineKind.Sqlite, EngineKind.Postgres] : [EngineKind.Sqlite];

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task The_first_silo_makes_the_keys_and_one_without_them_does_not_start(EngineKind engine)
    {
        var first = await Silo(engine, "first.json");
        await Agree(first);
        await Agree(first);
        var newest = Assert.Single(await Registered(first));

        var without = WithFile(first, "second.json");
        var refused = await Assert.ThrowsAsync<StartRefusedException>(() => Agree(without));
        Assert.Contains(newest, refused.Message, StringComparison.Ordinal);
        Assert.Contains("agents.commandKeyFile", refused.Message, StringComparison.Ordinal);
        Assert.Equal(StartRefusedException.BadConfiguration, refused.ExitCode);
        Assert.False(File.Exists(without.Agents.CommandKeyFile));

        using (new CommandKeys(without.Agents.CommandKeyFile!))
        {
            await Assert.ThrowsAsync<StartRefusedException>(() => Agree(without));
        }

        File.Copy(first.Agents.CommandKeyFile!, without.Agents.CommandKeyFile!, overwrite: true);
        await Agree(without);
        Assert.Equal([newest], await Registered(first));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_key_that_was_added_to_the_file_is_registered_and_the_file_from_before_is_refused(EngineKind engine)
    {
        var silo = await Silo(engine, "keys.json");
        await Agree(silo);
        var before = WithFile(silo, "before.json");
        File.Copy(silo.Agents.CommandKeyFile!, before.Agents.CommandKeyFile!);
        Assert.Equal(0, await CommandKeyStart.AddTo(silo.Agents.CommandKeyFile!));

        await Agree(silo);
        using var keys = new CommandKeys(silo.Agents.CommandKeyFile!);
        Assert.Equal(keys.Public.Select(key => key.Id), await Registered(silo));
        Assert.Equal(2, keys.Public.Count);
        await Assert.ThrowsAsync<StartRefusedException>(() => Agree(before));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_lost_key_is_given_up_by_its_name_once_and_audited(EngineKind engine)
    {
        var silo = await Silo(engine, "keys.json");
        await Agree(silo);
        var lost = Assert.Single(await Registered(silo));
        File.Delete(silo.Agents.CommandKeyFile!);

        var wrongName = silo with { Agents = silo.Agents with { LostCommandKey = "0123456789abcdef" } };
        await Assert.ThrowsAsync<StartRefusedException>(() => Agree(wrongName));
        var given = silo with { Agents = silo.Agents with { LostCommandKey = lost } };
        await Agree(given);
        var now = Assert.Single(await Registered(silo));
        Assert.NotEqual(lost, now);
        await Agree(given);
        Assert.Equal([now], await Registered(silo));
        Assert.Equal(1, await Ask(silo, "select count(*) from audit_logs where action = 'command_key.forget'"));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Of_silos_that_start_at_once_with_files_of_their_own_one_wins(EngineKind engine)
    {
        var silo = await Silo(engine, "0.json");
        var starts = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Task.Run(() => Outcome(WithFile(silo, $"{i}.json")))));
        Assert.Single(starts, started => started);
        Assert.Single(Directory.GetFiles(_directory, "?.json"));
        Assert.Single(await Registered(silo));
    }

    [Fact]
    public async Task A_damaged_file_stops_the_start_with_a_sentence()
    {
        var silo = await Silo(EngineKind.Sqlite, "damaged.json");
        File.WriteAllText(silo.Agents.CommandKeyFile!, "[{");
        var refused = await Assert.ThrowsAsync<StartRefusedException>(() => Agree(silo));
        Assert.Contains("agents.commandKeyFile", refused.Message, StringComparison.Ordinal);
    }

    private async Task<SiloSettings> Silo(EngineKind engine, string file)
    {
        var settings = WithFile(
            new SiloSettings
            {
                Data = _directory,
                Storage = engine == EngineKind.Sqlite ? new() : new()
                {
                    Engine = engine,
                    ConnectionString = await (await PostgresServer.Get()).EmptyDatabase() + ";Pooling=false",
                    AllowUnsafeDurability = true,
                },
            },
            file);
        await DatabaseStart.Prepare(settings);
        return settings;
    }

    private SiloSettings WithFile(SiloSettings settings, string file) =>
        settings with { Agents = settings.Agents with { CommandKeyFile = Path.Combine(_directory, file) } };

    private static Task Agree(SiloSettings settings) => CommandKeyStart.Agree(settings, TimeProvider.System);

    private static async Task<bool> Outcome(SiloSettings settings)
    {
        try
        {
            await Agree(settings);
            return true;
        }
        catch (StartRefusedException)
        {
            return false;
        }
    }

    private static async Task<IReadOnlyList<string>> Registered(SiloSettings settings)
    {
        var database = DatabaseStart.Open(settings);
        await using var closing = (IAsyncDisposable)database;
        return await database.Read(connection => CommandKeyRegister.Ids(connection));
    }

    private static async Task<long> Ask(SiloSettings settings, string sql)
    {
        var database = DatabaseStart.Open(settings);
        await using var closing = (IAsyncDisposable)database;
        return await database.Read(connection => connection.ExecuteScalarAsync<long>(sql));
    }
}
