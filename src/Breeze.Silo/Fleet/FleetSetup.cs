namespace Breeze.Silo.Fleet;

/// <summary>The fleet: sites, devices, tags, groups, scripts, enrolment keys, maintenance windows, filters and targets.</summary>
public static class FleetSetup
{
    public static IServiceCollection AddFleet(this IServiceCollection services)
    {
        services.AddSingleton<FilterSql>();
        services.AddSingleton<TargetQuery>();
        services.AddSingleton<TargetPreviews>();
        services.AddSingleton<WindowQueries>();
        services.AddSingleton<WindowStore>();
        services.AddSingleton<WindowCalendar>();
        services.AddSingleton<SiteStore>();
        services.AddSingleton<DeviceStore>();
        services.AddSingleton<DeviceQueries>();
        services.AddSingleton<GroupStore>();
        services.AddSingleton<GroupMembers>();
        services.AddSingleton<ScriptStore>();
        services.AddSingleton<EnrollmentKeyStore>();
        return services;
    }

    public static void MapFleet(this RouteGroupBuilder api)
    {
        FleetDocs.All.Describe(api);
        api.MapSites();
        api.MapDevices();
        api.MapGroups();
        api.MapScripts();
        api.MapEnrollmentKeys();
        api.MapMaintenanceWindows();
        api.MapPreviews();
    }

    /// <summary>Adds a field to the filter grammar, for a feature that knows more about devices.</summary>
    public static IServiceCollection AddFilterColumn(this IServiceCollection services, FilterColumn column) => services.AddSingleton(column);
}
