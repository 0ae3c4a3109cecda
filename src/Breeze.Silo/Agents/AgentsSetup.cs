using System.Globalization;
using Breeze.Contracts.Agents;
using Breeze.Silo.Access;
using Breeze.Silo.Hosting;
using Breeze.Silo.Storage;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR;

namespace Breeze.Silo.Agents;

/// <summary>Agents: their enrolment, their connections, and the commands they are sent.</summary>
public static class AgentsSetup
{
    public static IServiceCollection AddAgents(this IServiceCollection services)
    {
        // The gauges are made on first use: a silo that waits for its first agent shows 0, not nothing.
        AgentMetrics.Connected(0);

        services.AddSingleton(provider => provider.GetRequiredService<SiloSettings>().Agents);
        services.AddSingleton(LeaseTimes.Default);
        services.AddSingleton(provider => new CommandKeys(CommandKeyStart.File(provider.GetRequiredService<SiloSettings>())));
        services.AddSingleton(provider => new SiloLease(
            provider.GetRequiredService<IDatabase>(),
            provider.GetRequiredService<ILocalSiloDetails>().SiloAddress.ToParsableString(),
            $"{Environment.MachineName}:{Path.GetFullPath(provider.GetRequiredService<SiloSettings>().Data)}",
            provider.GetRequiredService<LeaseTimes>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<SiloLease>>()));
        services.AddSingleton<AgentStore>();
        services.AddSingleton<DeviceRefusals>();
        services.AddSingleton<WaitingCommands>();
        services.AddSingleton<ArrivalPace>();
        services.AddSingleton<AgentConnections>();
        services.AddSingleton<LocalAgents>();
        services.AddSingleton<AgentGatewayClient>();
        services.AddSingleton<AgentGateways>();
        services.AddSingleton<ICommandDelivery>(provider => provider.GetRequiredService<AgentGateways>());
        services.AddGrainService<AgentGateway>();
        services.AddHostedService<SiloLeaseKeeper>();
        services.AddHostedService<ResendLoop>();
        services.AddHostedService<CommandRetention>().AddHostedService<PayloadRetention>().AddHostedService<LeaseRetention>();
        services.AddHostedService<SocketBalancer>();

        services.AddSingleton<DeviceCredentials>();
        services.AddSingleton<EnrolmentStore>();
        services.AddSingleton<FailedEnrolments>();
        services.AddSingleton<IDecommissionListener, DecommissionedDevices>();
        services.AddAuthentication().AddScheme<AuthenticationSchemeOptions, DeviceAuthentication>(Schemes.Device, null);
        services.AddSignalR().AddHubOptions<AgentHub>(Limit);
        return services;
    }

    public static void MapAgents(this RouteGroupBuilder api)
    {
        AgentDocs.All.Describe(api);
        api.MapEnrolment();
        api.MapDeviceCommands();
        api.MapCluster();
    }

    /// <summary>The agents' hub. WebSockets only: any load balancer does, for no request has to find its silo again.</summary>
    public static void MapAgentHub(this IEndpointRouteBuilder routes) =>
        routes.MapHub<AgentHub>(AgentMethods.HubPath, o => o.Transports = HttpTransportType.WebSockets);

    /// <summary>Refuses agents while there are too many, before their credential costs a look-up: 503 and when to come back.</summary>
    public static IApplicationBuilder UseAgentAdmission(this IApplicationBuilder app)
    {
        var connections = app.ApplicationServices.GetRequiredService<AgentConnections>();
        return app.UseWhen(http => http.Request.Path.StartsWithSegments(AgentMethods.HubPath, StringComparison.Ordinal), hub => hub.Use(
            async (http, next) =>
            {
                if (connections.RefusesBecause() is not { } reason)
                {
                    await next(http);
                    return;
                }

                http.Response.Headers.RetryAfter = connections.Refuse(reason).ToString(CultureInfo.InvariantCulture);
                await Problems.Write(http, StatusCodes.Status503ServiceUnavailable, new(Core.RefusalKind.Unavailable, reason));
            }));
    }

    private static void Limit(HubOptions<AgentHub> hub)
    {
        hub.MaximumReceiveMessageSize = AgentMethods.MaxFrameBytes;
        // A result waits for its commit; a progress or the next result need not wait for that.
        hub.MaximumParallelInvocationsPerClient = 8;
        hub.KeepAliveInterval = TimeSpan.FromSeconds(15);
        hub.ClientTimeoutInterval = TimeSpan.FromSeconds(40);
        hub.EnableDetailedErrors = false;
    }
}
