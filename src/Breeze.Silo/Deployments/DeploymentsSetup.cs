using Breeze.Silo.Live;

namespace Breeze.Silo.Deployments;

/// <summary>Deployments: the rollout engine and its routes.</summary>
public static class DeploymentsSetup
{
    public static IServiceCollection AddDeployments(this IServiceCollection services)
    {
        services.AddSingleton<DeploymentStore>();
        services.AddSingleton<DeploymentQueries>();
        services.AddSingleton<RecordQueries>();
        services.AddSingleton<BatchQueries>();
        services.AddSingleton<DeviceReachQueries>();
        services.AddSingleton<ShardStore>();
        services.AddSingleton<RunContexts>();
        services.AddSingleton<RecordFeed>();
        services.AddSingleton<AttemptCommits>();
        services.AddSingleton<ShardCommits>();
        services.AddSingleton<PatchInstalls>();
        services.AddSingleton<DispatchedWork>();
        services.AddSingleton<PatchReports>();
        services.AddSingleton<JobTargets>();
        services.AddSingleton<Initialization>();
        services.AddTransient<DeploymentBroadcast>();
        services.AddSingleton<ILiveSource, DeploymentLiveSource>();
        services.AddHostedService<DeploymentRecovery>();
        services.AddHostedService<DeploymentMetrics>();
        services.AddHostedService<RunRetention>();
        return services;
    }

    public static void MapDeployments(this RouteGroupBuilder api)
    {
        DeploymentDocs.All.Describe(api);
        api.MapDeploymentRoutes();
        api.MapRecordRoutes();
    }
}
