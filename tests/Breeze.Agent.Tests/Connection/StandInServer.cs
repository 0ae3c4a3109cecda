using System.Collections.Concurrent;
using System.Text.Json;
using System.Threading.Channels;
using Breeze.Contracts.Agents;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Breeze.Agent.Tests.Connection;

/// <summary>Kestrel with an agents' hub that takes everything: the network is real, the silo's judgement is not there.</summary>
public sealed class StandInServer : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Guid> _tokens = new();
    private readonly WebApplication _app;

    private StandInServer(WebApplication app, Signer signer)
    {
        _app = app;
        Signer = signer;
    }

    public Signer Signer { get; }

    public Uri Address => new(_app.Urls.First());

    /// <summary>How many requests are answered with 503 and a Retry-After of three seconds.</summary>
    public int Busy { get; set; }

    /// <summary>The live connection of each device.</summary>
    public ConcurrentDictionary<Guid, string> Connections { get; } = new();

    internal ConcurrentDictionary<string, HubCallerContext> Live { get; } = new();

    public ConcurrentQueue<Result> Results { get; } = new();

    public ConcurrentQueue<ReportInventory> Inventories { get; } = new();

    public ConcurrentQueue<(Guid Device, ReportPatches Report)> Patches { get; } = new();

    public ConcurrentQueue<Progress> Progress { get; } = new();

    public Func<Accepted, bool> Proceeds { get; set; } = _ => true;

    public Channel<Guid> Hellos { get; } = Channel.CreateUnbounded<Guid>();

    public static async Task<StandInServer> Start(Signer signer, string address = "http://127.0.0.1:0")
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(address);
        builder.Services
            .AddSignalR(hub => hub.MaximumReceiveMessageSize = AgentMethods.MaxFrameBytes)
            .AddJsonProtocol(json => json.PayloadSerializerOptions = new JsonSerializerOptions(AgentJson.Default.Options));
        StandInServer server = null!;
        builder.Services.AddSingleton(_ => server);
        var app = builder.Build();
        server = new StandInServer(app, signer);
        app.Use(server.RefuseWhileBusy);
        app.MapPost(AgentMethods.EnrollPath, (HttpContext http) => server.Enroll(http));
        app.MapHub<StandInHub>(AgentMethods.HubPath);
        await app.StartAsync();
        return server;
    }

    /// <summary>Lets a device in without an enrolment.</summary>
    public string Admit(Guid deviceId)
    {
        var token = Guid.NewGuid().ToString();
        _tokens[token] = deviceId;
        return token;
    }

    /// <summary>Knows the devices of a server that was there before.</summary>
    public void Readmit(StandInServer before)
    {
        foreach (var (token, device) in before._tokens)
        {
            _tokens[token] = device;
        }
    }

    public async Task Abort(Guid device)
    {
        if (Live.TryGetValue(Connections[device], out var connection))
        {
            // What was sent before must have left.
            await Task.Delay(100);
            connection.Abort();
        }
    }

    public Guid? DeviceOf(HttpContext http) =>
        _tokens.TryGetValue(http.Request.Headers.Authorization.ToString().Replace("Bearer ", "", StringComparison.Ordinal), out var device) ? device : null;

    public Task Send(Guid device, string method, object message) =>
        _app.Services.GetRequiredService<IHubContext<StandInHub>>().Clients.Client(Connections[device]).SendAsync(method, message);

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private Task RefuseWhileBusy(HttpContext http, RequestDelegate next)
    {
        if (Busy == 0)
        {
            return next(http);
        }

        Busy--;
        http.Response.StatusCode = 503;
        http.Response.Headers.RetryAfter = "3";
        return Task.CompletedTask;
    }

    private async Task Enroll(HttpContext http)
    {
        var request = (await http.Request.ReadFromJsonAsync(AgentJson.Default.EnrollRequest))!;
        if (request.EnrollmentKey != "right")
        {
            http.Response.StatusCode = 403;
            return;
        }

        var device = Guid.CreateVersion7();
        http.Response.StatusCode = 201;
        await http.Response.WriteAsJsonAsync(
            new EnrollAnswer(new Enrolled(device, Guid.NewGuid(), Guid.NewGuid(), Admit(device), [Signer.Public])), AgentJson.Default.EnrollAnswer);
    }
}

/// <summary>Says proceed to everything and keeps every result.</summary>
public sealed class StandInHub(StandInServer server) : Hub
{
    private Guid Device => server.DeviceOf(Context.GetHttpContext()!) ?? throw new HubException("Unknown device.");

    public override async Task OnConnectedAsync()
    {
        if (server.DeviceOf(Context.GetHttpContext()!) is null)
        {
            Context.Abort();
        }

        await base.OnConnectedAsync();
    }

    public override Task OnDisconnectedAsync(Exception? exception)
    {
        if (server.DeviceOf(Context.GetHttpContext()!) is { } device)
        {
            server.Connections.TryRemove(new KeyValuePair<Guid, string>(device, Context.ConnectionId));
        }

        return base.OnDisconnectedAsync(exception);
    }

    public HelloAnswer Hello(Hello hello)
    {
        server.Live[Context.ConnectionId] = Context;
        server.Connections[Device] = Context.ConnectionId;
        server.Hellos.Writer.TryWrite(Device);
        return new HelloAnswer(Signer.Now, [server.Signer.Public]);
    }

    public AcceptAnswer Accepted(Accepted accepted) => new(server.Proceeds(accepted));

    public Acknowledged Result(Result result)
    {
        server.Results.Enqueue(result);
        return new();
    }

    public Acknowledged ReportInventory(ReportInventory inventory)
    {
        server.Inventories.Enqueue(inventory);
        return new();
    }

    public Acknowledged ReportPatches(ReportPatches patches)
    {
        server.Patches.Enqueue((Device, patches));
        return new();
    }

    public void Progress(Progress progress) => server.Progress.Enqueue(progress);
}
