using System.Globalization;
using System.Net;
using System.Net.WebSockets;
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

/// <summary>The server answered, and let nobody in.</summary>
/// <param name="status">Its answer.</param>
/// <param name="retryAfter">How long it wants to be left alone; null when it did not say.</param>
public sealed class SocketRefusedException(HttpStatusCode status, TimeSpan? retryAfter) : Exception($"The server answered {(int)status}.")
{
    public TimeSpan? RetryAfter { get; } = retryAfter;

    /// <summary>The credential is not valid (any more).</summary>
    public bool IsCredentialRefused { get; } = status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden;
}

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
            WebSocketFactory = (context, cancelled) => Open(context.Uri, endpoint.Token, cancelled),
        };
        var factory = new HttpConnectionFactory(Options.Create(options), loggers);
        return new HubConnection(factory, Protocol, new UriEndPoint(address), Services, loggers);
    }

    // SignalR's own way of opening a socket loses the answer's headers, and with them the hint when to come again.
    private static async ValueTask<WebSocket> Open(Uri address, string token, CancellationToken cancelled)
    {
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Authorization", "Bearer " + token);
        socket.Options.CollectHttpResponseDetails = true;
        // SignalR has pings of its own; a second timer a socket is for nothing.
        socket.Options.KeepAliveInterval = TimeSpan.Zero;
        try
        {
            await socket.ConnectAsync(address, cancelled);
            socket.HttpResponseHeaders = null;
            return socket;
        }
        catch (WebSocketException) when (socket.HttpStatusCode >= HttpStatusCode.BadRequest)
        {
            throw new SocketRefusedException(socket.HttpStatusCode, RetryAfter(socket.HttpResponseHeaders));
        }
        finally
        {
            if (socket.State != WebSocketState.Open)
            {
                socket.Dispose();
            }
        }
    }

    private static TimeSpan? RetryAfter(IReadOnlyDictionary<string, IEnumerable<string>>? headers) =>
        headers is not null && headers.TryGetValue("Retry-After", out var values)
        && int.TryParse(values.FirstOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            ? TimeSpan.FromSeconds(seconds)
            : null;

    private sealed class NoServices : IServiceProvider
    {
        public object? GetService(Type serviceType) => null;
    }
}
