namespace Breeze.Silo.Fleet;

/// <summary>The fleet: sites, devices, tags, groups, scripts, enrolment keys, maintenance windows, filters and targets.</summary>
public static class FleetSetup
{
    public static IServiceCollection AddFleet(this IServiceCollection services)
    {
        services.AddSingleton<FilterSql>();
        services.AddSingleton<TargetQuery>();
        services.AddSingleton<WindowQueries>();
        return services;
    }

    /// <summary>Adds a field to the filter grammar, for a feature that knows more about devices.</summary>
    public static IServiceCollection AddFilterColumn(this IServiceCollection services, FilterColumn column) => services.AddSingleton(column);
}
