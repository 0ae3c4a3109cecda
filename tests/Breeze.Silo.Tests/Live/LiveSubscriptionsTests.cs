using System.Data.Common;
using System.Security.Claims;
using Breeze.Contracts.Live;
using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Silo.Access;
using Breeze.Silo.Access.Sessions;
using Breeze.Silo.Live;
using Breeze.Silo.Storage;
using Breeze.Silo.Tests.Fixture;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Breeze.Silo.Tests.Live;

/// <summary>What keeps consoles connected when not all is well.</summary>
public sealed class LiveSubscriptionsTests
{
    private static readonly CallerIdentity Somebody = new(new Caller(ApiKeyId.New(), "key", Role.Viewer, OrgScope.System));

    [Fact]
    public async Task A_database_that_is_away_ends_neither_the_looking_nor_the_connections()
    {
        var (clock, database) = (new FakeTimeProvider(), new AwayDatabase());
        var callers = new Callers(new ApiKeyStore(database), new OpenSessions(null!, clock), clock);
        using var connections = new LiveConnections(callers, null!, clock, NullLogger<LiveConnections>.Instance);
        var connection = new Connection();
        connections.Add(connection, Somebody);
        await connections.StartAsync(default);
        await Eventually.Is(
            "times looked",
            () =>
            {
                clock.Advance(TimeSpan.FromSeconds(1));
                return Task.FromResult(database.Asked);
            },
            seen => seen >= 4,
            "4");

        Assert.False(connection.WasEnded);
        Assert.False(connections.ExecuteTask!.IsCompleted);
        await connections.StopAsync(default);
    }

    [Fact]
    public void A_connection_that_ended_while_it_asked_leaves_nothing_behind()
    {
        var clock = new FakeTimeProvider();
        using var subscriptions = new LiveSubscriptions(new Watched(), clock);
        var connection = new Connection();
        connection.Abort();
        subscriptions.Add(connection, LiveTopic.Compliance(Guid.NewGuid()));
        Assert.Empty(subscriptions.Watched(LiveKind.Compliance));
    }

    private sealed class AwayDatabase : IDatabase
    {
        public EngineKind Engine => EngineKind.Postgres;

        public Backlog Backlog { get; } = new();

        public int Asked { get; private set; }

        public Task Ping(CancellationToken cancel) => throw Away;

        public Task<T> Read<T>(Func<DbConnection, Task<T>> query, CancellationToken cancel = default)
        {
            Asked++;
            throw Away;
        }

        public Task<T> Write<T>(Func<DbTransaction, Task<T>> work, CancellationToken cancel = default) => throw Away;

        public Task<T> WriteFirst<T>(Func<DbTransaction, Task<T>> work, CancellationToken cancel = default) => throw Away;

        private static StorageUnavailableException Away => new("away", retryable: true);
    }

    private sealed class Watched : ILiveSource
    {
        public Task<DeploymentProgress?> Find(OrgScope scope, Guid deployment) => Task.FromResult<DeploymentProgress?>(null);

        public void Watch(Guid deployment)
        {
        }
    }

    private sealed class Connection : HubCallerContext
    {
        public bool WasEnded { get; private set; }

        public override string ConnectionId => "connection";

        public override string? UserIdentifier => null;

        public override ClaimsPrincipal? User => null;

        public override IDictionary<object, object?> Items { get; } = new Dictionary<object, object?>();

        public override IFeatureCollection Features { get; } = new FeatureCollection();

        public override CancellationToken ConnectionAborted => new(WasEnded);

        public override void Abort() => WasEnded = true;
    }
}
