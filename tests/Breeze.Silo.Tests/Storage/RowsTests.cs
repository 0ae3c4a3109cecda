using Breeze.Core;
using Breeze.Silo.Storage;
using Breeze.Silo.Tests.Fixture;
using Dapper;
using Xunit;

namespace Breeze.Silo.Tests.Storage;

public abstract class RowsTests(SiloFixture silo)
{
    [EngineFact]
    public async Task Values_of_every_kind_and_null_come_back_as_they_went_in()
    {
        var scratch = await Scratch.Create(silo.Database);
        Guid[] ids = [Guid.NewGuid(), Guid.NewGuid()];
        var other = Guid.NewGuid();
        await scratch.Write(
            $"with v as ({{rows}}) insert into {scratch.Name} (id, other, number, at, flag, name) select id, other, number, at, @flag, name from v",
            new Rows().Uuid("id", ids).Uuid("other", [other, null]).Int("number", [int.MinValue, null])
                .BigInt("at", [long.MaxValue, null]).Text("name", ["O'Brien \"ü\" \\ \n 日本 😀 <script>", null]),
            new { flag = true });

        var rows = await silo.Database.Read(c => c.QueryAsync<Row>($"select * from {scratch.Name}"));
        var first = rows.Single(r => r.Id.Value == ids[0]);
        var second = rows.Single(r => r.Id.Value == ids[1]);
        Assert.Equal((other, int.MinValue, long.MaxValue, true), (first.Other!.Value, first.Number!.Value, first.At!.Value, first.Flag));
        Assert.Equal("O'Brien \"ü\" \\ \n 日本 😀 <script>", first.Name);
        Assert.Equal((null, null, null, null), (second.Other, second.Number, second.At, second.Name));
    }

    [EngineFact]
    public async Task A_row_written_through_rows_is_found_by_a_parameter_and_the_other_way_round()
    {
        var scratch = await Scratch.Create(silo.Database);
        var (byRows, byParameter) = (new DeviceId(Guid.NewGuid()), new DeviceId(Guid.NewGuid()));
        await scratch.Insert(byRows.Value);
        await scratch.Write($"insert into {scratch.Name} (id) values (@id)", new { id = byParameter });

        Assert.Equal(byRows, await silo.Database.Read(c => c.QuerySingleAsync<DeviceId>($"select id from {scratch.Name} where id = @id", new { id = byRows })));
        var found = await silo.Database.Read(c => c.QueryRows<DeviceId>(
            $"select t.id from {scratch.Name} t join ({{rows}}) v on v.id = t.id", new Rows().Uuid("id", [byParameter.Value])));
        Assert.Equal([byParameter], found);
    }

    [EngineFact]
    public async Task Times_ids_and_flags_are_parameters_and_results_as_their_own_types()
    {
        var scratch = await Scratch.Create(silo.Database);
        var row = (Id: DeviceId.New(), At: new DateTimeOffset(2026, 3, 29, 2, 30, 0, 123, TimeSpan.FromHours(2)));
        await scratch.Write($"insert into {scratch.Name} (id, at, flag, other) values (@Id, @At, @flag, @none)",
            new { row.Id, row.At, flag = false, none = (OrgId?)null });

        var read = await silo.Database.Read(c => c.QuerySingleAsync<Typed>($"select * from {scratch.Name} where at = @At", new { row.At }));
        Assert.Equal((row.Id, row.At, false, (OrgId?)null), (read.Id, read.At!.Value, read.Flag, read.Other));
        Assert.Equal(TimeSpan.Zero, read.At!.Value.Offset);
    }

    [EngineFact]
    public async Task An_update_answers_only_the_rows_whose_version_held()
    {
        var scratch = await Scratch.Create(silo.Database);
        Guid[] ids = [Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid()];
        await scratch.Insert(ids);
        var won = await silo.Database.Write(tx => tx.QueryRows<Guid>(
            $"with v as ({{rows}}) update {scratch.Name} set version = v.version + 1 from v where {scratch.Name}.id = v.id and {scratch.Name}.version = v.version returning {scratch.Name}.id",
            new Rows().Uuid("id", ids).BigInt("version", [1, 2, 1])));
        Assert.Equal(new[] { ids[0], ids[2] }.Order(), won.Order());
    }

    [EngineFact]
    public async Task No_rows_means_no_statement()
    {
        Assert.Equal(0, await silo.Database.Write(tx => tx.ExecuteRows("this is not SQL {rows}", new Rows().Uuid("id", Array.Empty<Guid>()))));
        Assert.Empty(await silo.Database.Read(c => c.QueryRows<int>("nor this {rows}", new Rows())));
    }

    [EngineFact]
    public async Task Ten_thousand_rows_are_one_statement()
    {
        var scratch = await Scratch.Create(silo.Database);
        Assert.Equal(10_000, await scratch.Insert([.. Enumerable.Range(0, 10_000).Select(_ => Guid.CreateVersion7())]));
    }

    private sealed class Row
    {
        public DeviceId Id { get; init; }
        public Guid? Other { get; init; }
        public int? Number { get; init; }
        public long? At { get; init; }
        public bool Flag { get; init; }
        public string? Name { get; init; }
    }

    private sealed class Typed
    {
        public DeviceId Id { get; init; }
        public OrgId? Other { get; init; }
        public DateTimeOffset? At { get; init; }
        public bool Flag { get; init; }
    }

    [Collection(SiloFixture.Sqlite)]
    public sealed class OnSqlite(SqliteSilo silo) : RowsTests(silo);

    [Collection(SiloFixture.Postgres)]
    public sealed class OnPostgres(PostgresSilo silo) : RowsTests(silo);
}
