namespace Breeze.Silo.Policies;

/// <summary>Configuration policies: their settings, whom they govern, and when they run.</summary>
public static class PoliciesSetup
{
    public static IServiceCollection AddPolicies(this IServiceCollection services)
    {
        services.AddSingleton<EffectivePolicies>();
        services.AddSingleton<PolicyStore>();
        services.AddSingleton<FeatureStore>();
        services.AddSingleton<AssignmentStore>();
        services.AddSingleton<ResolvedConfigs>();
        services.AddSingleton<PolicySchedules>();
        services.AddSingleton<PolicyReviews>();
        services.AddSingleton<PolicyChanges>();
        services.AddHostedService<ScheduleRecovery>();
        services.AddHostedService<OccurrenceRetention>();
        return services;
    }

    public static void MapPolicies(this RouteGroupBuilder api)
    {
        PolicyDocs.All.Describe(api);
        api.MapPolicyRoutes();
    }
}
