using System.Text.Encodings.Web;
using System.Text.Json;
using Breeze.Contracts.Agents;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.Http.Connections.Client;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.AspNetCore.SignalR.Protocol;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Breeze.Agent.Connection;

/// <summary>Where an agent belongs and how it shows who it is.</summary>
/// <param name="Server">The server's root address.</param>
/// <param name="Token">The device's credential.</param>
public sealed record AgentEndpoint(Uri Server, string Token);

/// <summary>Makes hub connections: JSON, WebSockets only, the credential as bearer.</summary>
/// <remarks>
/// Put together by hand instead of by HubConnectionBuilder: the builder makes a service container for each connection, which a process
/// with ten thousand of them feels. The protocol and the services are shared.
/// </remarks>
public static class HubSocket
{
    private static readonly JsonHubProtocol Protocol = new(Options.Create(new JsonHubProtocolOptions
    {
        PayloadSerializerOptions = new JsonSerializerOptions(AgentJson.Default.Options)
        {
            // The default escapes every quote and non-Latin letter to six bytes: 64 KiB of output would not fit a frame.
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        },
    }));

    private static readonly NoServices Services = new();

    public static HubConnection Create(AgentEndpoint endpoint, ILoggerFactory loggers)
    {
        var address = new Uri(endpoint.Server, AgentMethods.HubPath.TrimStart('/'));
        var options = new HttpConnectionOptions
        {
            Url = address,
            Transports = HttpTransportType.WebSockets,
            SkipNegotiation = true,
            AccessTokenProvider = () => Task.FromResult<string?>(endpoint.Token),
            // SignalR has pings of its own; a second timer a socket is for nothing.
            WebSocketConfiguration = socket => socket.KeepAliveInterval = TimeSpan.Zero,
        };
        var factory = new HttpConnectionFactory(Options.Create(options), loggers);
        return new HubConnection(factory, Protocol, new UriEndPoint(address), Services, loggers);
    }

    private sealed class NoServices : IServiceProvider
    {
        public object? GetService(Type serviceType) => null;
    }
}
