using System.Collections.Concurrent;
using System.Diagnostics;
using Breeze.Client;
using Breeze.Contracts.Access;
using Breeze.EndToEnd.Tests.Processes;
using Breeze.Silo.Tests.Fixture;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Breeze.EndToEnd.Tests.Survival;

/// <summary>What was answered with a 2xx is there after the worst that can happen to the processes, once and no more.</summary>
public sealed class DurabilityTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("breeze-durable-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task What_was_acknowledged_is_there_after_kill_9_on_sqlite()
    {
        await using var silo = await SiloProcess.Start(_folder);
        await KeepsWhatItAcknowledged(silo, async () =>
        {
            await silo.Kill();
            await silo.Start();
        });

        await using var file = new SqliteConnection($"Data Source={Path.Combine(_folder, "silo", "breeze.db")};Mode=ReadOnly;Pooling=false");
        Assert.Equal("ok", await file.ExecuteScalarAsync<string>("pragma integrity_check"));
    }

    [PostgresFact]
    public async Task What_was_acknowledged_is_there_after_kill_9_and_an_immediate_stop_of_postgresql()
    {
        var server = await PostgresServer.Start(durable: true);
        await using var silo = await OnPostgres(server);
        await KeepsWhatItAcknowledged(silo, async () =>
        {
            await server.StopImmediately();
            await silo.Kill();
            await server.StartAgain();
            await silo.Start();
        });
        await server.StopImmediately();
    }

    [PostgresFact]
    public async Task A_silo_outlives_its_database_and_writes_within_five_seconds_of_its_return()
    {
        var server = await PostgresServer.Start(durable: true);
        await using var silo = await OnPostgres(server);
        using var impatient = BreezeClient.Connect(silo.Address, await silo.AdminKey(), new BreezeClientOptions { Attempts = 1 });
        await impatient.Organizations.Create(new CreateOrganization("before"));

        await server.StopImmediately();
        var refused = await Assert.ThrowsAsync<BreezeException>(() => impatient.Organizations.Create(new CreateOrganization("meanwhile")));
        Assert.Equal(503, refused.Status);
        await Task.Delay(TimeSpan.FromSeconds(8));
        await server.StartAgain();

        var clock = Stopwatch.StartNew();
        while (await Try(impatient, "after") is null)
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(5), $"No write in the 5 s after the database's return. {await silo.Log()}");
            await Task.Delay(100);
        }

        await server.StopImmediately();
    }

    private async Task<SiloProcess> OnPostgres(PostgresServer server) => await SiloProcess.Start(
        _folder, "--storage:engine", "postgres", "--storage:connectionString", await server.EmptyDatabase());

    private static async Task KeepsWhatItAcknowledged(SiloProcess silo, Func<Task> crashAndReturn)
    {
        var acknowledged = new ConcurrentDictionary<Guid, string>();
        for (var round = 0; round < 2; round++)
        {
            using var end = new CancellationTokenSource();
            var writers = Enumerable.Range(0, 4).Select(writer => Write(silo.Client, $"{round}-{writer}", acknowledged, end.Token)).ToList();
            await Task.Delay(TimeSpan.FromSeconds(2));
            // In the middle of their writes; they go on, repeating what they do not know the fate of.
            await crashAndReturn();
            await Task.Delay(TimeSpan.FromSeconds(1));
            await end.CancelAsync();
            await Task.WhenAll(writers);
        }

        Assert.True(acknowledged.Count > 50, $"Only {acknowledged.Count} writes were acknowledged.");
        var there = await silo.Client.Organizations.List().ToDictionaryAsync(o => o.Id, o => o.Name);
        Assert.DoesNotContain(acknowledged, a => there.GetValueOrDefault(a.Key) != a.Value);
        Assert.Empty(there.Values.GroupBy(name => name).Where(same => same.Count() > 1).Select(same => same.Key));
    }

    private static async Task Write(BreezeClient client, string writer, ConcurrentDictionary<Guid, string> acknowledged, CancellationToken end)
    {
        for (var i = 0; !end.IsCancellationRequested; i++)
        {
            if (await Try(client, $"org {writer} {i}") is { } made)
            {
                acknowledged[made.Id] = made.Name;
            }
        }
    }

    private static async Task<Organization?> Try(BreezeClient client, string name)
    {
        try
        {
            return await client.Organizations.Create(new CreateOrganization(name));
        }
        catch (BreezeException e) when (e.Status is null or 409 or 503)
        {
            return null;
        }
    }
}
