using Breeze.Silo.Live;

namespace Breeze.Silo.Jobs;

/// <summary>Patch jobs and patch rollbacks: runs of the rollout engine, with routes of their own.</summary>
public static class JobsSetup
{
    public static IServiceCollection AddJobs(this IServiceCollection services)
    {
        services.AddSingleton<PatchJobs>();
        services.AddSingleton<IPatchJobs>(s => s.GetRequiredService<PatchJobs>());
        services.AddSingleton<JobQueries>();
        services.AddSingleton<IJobLiveSource, JobLiveSource>();
        services.AddSingleton<RollbackQueries>();
        return services;
    }

    public static void MapJobs(this RouteGroupBuilder api)
    {
        JobDocs.All.Describe(api);
        api.MapJobRoutes();
        api.MapRollbackRoutes();
    }
}
