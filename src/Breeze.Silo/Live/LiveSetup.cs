using Breeze.Contracts;
using Microsoft.AspNetCore.Http.Connections;

namespace Breeze.Silo.Live;

/// <summary>The console hub and its fan-out over silos.</summary>
public static class LiveSetup
{
    public static IServiceCollection AddLive(this IServiceCollection services)
    {
        services.AddSignalR().AddJsonProtocol(o => BreezeJson.Configure(o.PayloadSerializerOptions));
        services.AddGrainService<LiveRelay>();
        services.AddSingleton<LiveRelayClient>();
        services.AddSingleton<LiveChannel>();
        services.AddSingleton<LiveConnections>();
        services.AddHostedService(provider => provider.GetRequiredService<LiveConnections>());
        services.AddSingleton<LiveSubscriptions>();
        services.AddHostedService(provider => provider.GetRequiredService<LiveSubscriptions>());
        services.AddHostedService<ComplianceWatch>();
        services.AddHostedService<ApprovalWatch>();
        return services;
    }

    public static void MapLive(this IEndpointRouteBuilder routes) => routes.MapHub<ConsoleHub>(
        "/hubs/console", o => o.Transports = HttpTransportType.WebSockets);
}
