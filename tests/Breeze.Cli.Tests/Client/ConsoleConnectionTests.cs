using System.Collections.Concurrent;
using System.Threading.Channels;
using Breeze.Client;
using Breeze.Client.Live;
using Breeze.Contracts;
using Breeze.Contracts.Deployments;
using Breeze.Contracts.Live;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Breeze.Cli.Tests.Client;

/// <summary>The live connection against a real hub that loses its connections when told to.</summary>
public sealed class ConsoleConnectionTests : IAsyncLifetime
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);
    private static readonly DeploymentProgress Current = new(Sample.DeploymentId, DeploymentStatus.Running, null, null, 10);
    private readonly Channel<DeploymentProgress> _progressed = Channel.CreateUnbounded<DeploymentProgress>();
    private readonly HubSide _side = new() { Answer = Current };
    private WebApplication? _app;
    private ConsoleConnection? _live;

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(_side);
        builder.Services.AddSignalR().AddJsonProtocol(json => json.PayloadSerializerOptions = BreezeJson.Lenient);
        _app = builder.Build();
        _app.UseWebSockets();
        _app.MapHub<ScriptedHub>("/hubs/console");
        await _app.StartAsync();
        var address = _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        _live = new ConsoleConnection(new Uri(address), "brz_live", new BreezeClientOptions { FirstDelay = TimeSpan.FromMilliseconds(20) });
        _live.Progressed += message => _progressed.Writer.TryWrite(message);
    }

    public async Task DisposeAsync()
    {
        await _live!.DisposeAsync();
        await _app!.DisposeAsync();
    }

    [Fact]
    public async Task Subscribing_answers_the_current_progress_and_later_ones_are_raised_once_each_in_order()
    {
        await _live!.Start();
        Assert.Equal(Current, await _live.Subscribe(Sample.DeploymentId));

        await Push(Current with { Version = 12 });
        await Push(Current with { Version = 11 });
        await Push(Current with { Version = 12 });
        await Push(Current with { Version = 13 });

        Assert.Equal(12, (await Next()).Version);
        Assert.Equal(13, (await Next()).Version);
        Assert.Equal("Bearer brz_live", _side.Authorization);
    }

    [Fact]
    public async Task After_a_lost_connection_it_subscribes_again_and_raises_the_fresh_state_even_with_a_lower_version()
    {
        var missed = new TaskCompletionSource<Guid>();
        _live!.DevicesMissed += id => missed.TrySetResult(id);
        await _live.Start();
        await _live.Subscribe(Sample.DeploymentId);

        _side.Answer = Current with { Status = DeploymentStatus.Paused, Version = 2 };
        _side.LoseAll();

        var fresh = await Next();
        Assert.Equal((DeploymentStatus.Paused, 2), (fresh.Status, fresh.Version));
        Assert.Equal(Sample.DeploymentId, await missed.Task.WaitAsync(Deadline));
        await Push(Current with { Version = 3 });
        Assert.Equal(3, (await Next()).Version);
    }

    [Fact]
    public async Task A_deployment_that_may_no_longer_be_seen_is_given_up_with_the_servers_sentence()
    {
        var lost = new TaskCompletionSource<BreezeException>();
        _live!.Lost += (_, why) => lost.TrySetResult(why);
        await _live.Start();
        await _live.Subscribe(Sample.DeploymentId);

        _side.Answer = null;
        _side.LoseAll();

        Assert.Equal("Deployment was not found.", (await lost.Task.WaitAsync(Deadline)).Message);
    }

    [Fact]
    public async Task An_unknown_deployment_is_refused_with_the_servers_sentence()
    {
        _side.Answer = null;
        await _live!.Start();

        var refused = await Assert.ThrowsAsync<BreezeException>(() => _live.Subscribe(Sample.DeploymentId));

        Assert.Equal((404, "Deployment was not found."), (refused.Status, refused.Message));
    }

    [Fact]
    public async Task An_absent_server_is_unreachable()
    {
        await _app!.StopAsync();

        Assert.True((await Assert.ThrowsAsync<BreezeException>(() => _live!.Start())).IsUnreachable);
    }

    private Task Push(DeploymentProgress message) =>
        _app!.Services.GetRequiredService<IHubContext<ScriptedHub>>().Clients.All.SendAsync(ConsoleHubMethods.DeploymentProgress, message);

    private async Task<DeploymentProgress> Next() => await _progressed.Reader.ReadAsync().AsTask().WaitAsync(Deadline);

    private sealed class HubSide
    {
        private readonly ConcurrentDictionary<string, HubCallerContext> _connections = new();

        /// <summary>What the next subscription is answered; null refuses it.</summary>
        public DeploymentProgress? Answer { get; set; }

        public string? Authorization { get; set; }

        public void Came(HubCallerContext context) => _connections[context.ConnectionId] = context;

        public void LoseAll()
        {
            foreach (var connection in _connections.Keys)
            {
                if (_connections.TryRemove(connection, out var context))
                {
                    context.Abort();
                }
            }
        }
    }

    private sealed class ScriptedHub(HubSide side) : Hub
    {
        public override Task OnConnectedAsync()
        {
            side.Authorization = Context.GetHttpContext()!.Request.Headers.Authorization;
            side.Came(Context);
            return Task.CompletedTask;
        }

        public DeploymentProgress Subscribe(SubscribeRequest request) =>
            side.Answer is { } answer && answer.DeploymentId == request.DeploymentId ? answer : throw new HubException("Deployment was not found.");
    }
}
