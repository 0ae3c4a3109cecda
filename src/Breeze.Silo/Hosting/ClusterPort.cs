using System.Net;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace Breeze.Silo.Hosting;

/// <summary>Says in the log where the other silos come in: whoever reaches that port is trusted.</summary>
internal sealed partial class ClusterPort(IOptions<EndpointOptions> endpoints, ILogger<ClusterPort> logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        var (reached, listening) = (new IPEndPoint(endpoints.Value.AdvertisedIPAddress!, endpoints.Value.SiloPort), endpoints.Value.SiloListeningEndpoint!);
        LogPort(reached, listening);
        if (!IPAddress.IsLoopback(listening.Address))
        {
            LogTrusting(listening);
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(Level = LogLevel.Information, Message = "Other silos reach this one at {Address}; it listens on {Endpoint}")]
    private partial void LogPort(IPEndPoint address, IPEndPoint endpoint);

    [LoggerMessage(Level = LogLevel.Warning, Message =
        "The port for other silos, {Endpoint}, is open beyond this machine and trusts whoever reaches it: let through the cluster's silos alone")]
    private partial void LogTrusting(IPEndPoint endpoint);
}
