namespace Breeze.Silo.Policies;

/// <summary>Configuration policies: their settings, whom they govern, and when they run.</summary>
public static class PoliciesSetup
{
    public static IServiceCollection AddPolicies(this IServiceCollection services)
    {
        services.AddSingleton<EffectivePolicies>();
        return services;
    }
}
