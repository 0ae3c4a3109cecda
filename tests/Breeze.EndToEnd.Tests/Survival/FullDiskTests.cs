using System.Diagnostics;
using Breeze.Client;
using Breeze.Contracts.Access;
using Breeze.EndToEnd.Tests.Processes;
using Breeze.Silo.Tests.Fixture;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Breeze.EndToEnd.Tests.Survival;

/// <summary>The disk under the database is full: a clear refusal, nothing half done, and by itself on once there is room.</summary>
public sealed class FullDiskTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("breeze-full-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SmallDiskFact]
    public async Task A_full_disk_under_sqlite_refuses_writes_clearly_and_keeps_what_was_acknowledged()
    {
        using var disk = SmallDisk.Mount(Path.Combine(_folder, "silo"), megabytes: 24);
        await using (var silo = await SiloProcess.Start(_folder))
        {
            await RefusesAndGoesOn(silo, disk);
        }

        await using var file = new SqliteConnection($"Data Source={Path.Combine(disk.Path, "breeze.db")};Mode=ReadOnly;Pooling=false");
        Assert.Equal("ok", await file.ExecuteScalarAsync<string>("pragma integrity_check"));
    }

    [SmallDiskFact(needsPostgres: true)]
    public async Task A_full_disk_under_postgresql_refuses_writes_clearly_and_keeps_what_was_acknowledged()
    {
        var server = await PostgresServer.Start(durable: true);

        // Beside the test's folder, which is closed to the server's user.
        using var disk = SmallDisk.Mount($"{_folder}-tables", megabytes: 48);
        await using (var silo = await SiloProcess.Start(
            _folder, "--storage:engine", "postgres", "--storage:connectionString", await server.EmptyDatabase(disk.Path)))
        {
            await RefusesAndGoesOn(silo, disk);
        }

        await server.StopImmediately();
    }

    private static async Task RefusesAndGoesOn(SiloProcess silo, SmallDisk disk)
    {
        using var impatient = BreezeClient.Connect(silo.Address, await silo.AdminKey(), new BreezeClientOptions { Attempts = 1 });
        var before = await impatient.Organizations.Create(new CreateOrganization("before"));
        disk.Fill();

        // The write-ahead log has room of its own to use up before the disk is asked for more.
        var acknowledged = new List<Guid> { before.Id };
        BreezeException? refused = null;
        for (var i = 0; i < 5_000 && refused is null; i++)
        {
            try
            {
                acknowledged.Add((await impatient.Organizations.Create(new CreateOrganization($"while full {i}"))).Id);
            }
            catch (BreezeException e)
            {
                refused = e;
            }
        }

        Assert.NotNull(refused);
        Assert.Equal((503, true), (refused.Status, refused.Message.Contains("disk is full", StringComparison.Ordinal)));
        Assert.Equal("before", (await impatient.Organizations.Get(before.Id)).Name);
        await Assert.ThrowsAsync<BreezeException>(() => impatient.Organizations.Create(new CreateOrganization("still full")));

        disk.Free();
        var clock = Stopwatch.StartNew();
        while (await Try(impatient) is not { } after || !Remember(after))
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(15), $"No write in the 15 s after there was room. {await silo.Log()}");
            await Task.Delay(100);
        }

        var there = await impatient.Organizations.List().Select(o => o.Id).ToListAsync();
        Assert.Equal(acknowledged.Order(), there.Order());
        Assert.True((await impatient.AuditLogs.Verify()).Valid);

        bool Remember(Guid id)
        {
            acknowledged.Add(id);
            return true;
        }
    }

    private static async Task<Guid?> Try(BreezeClient client)
    {
        try
        {
            return (await client.Organizations.Create(new CreateOrganization("after"))).Id;
        }
        catch (BreezeException e) when (e.Status is null or 503)
        {
            return null;
        }
    }
}
