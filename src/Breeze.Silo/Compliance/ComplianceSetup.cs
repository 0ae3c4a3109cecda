using Breeze.Silo.Live;

namespace Breeze.Silo.Compliance;

/// <summary>Compliance: the live summary, and reports made in the background.</summary>
public static class ComplianceSetup
{
    public static IServiceCollection AddCompliance(this IServiceCollection services)
    {
        services.AddSingleton<ComplianceQueries>();
        services.AddSingleton<IComplianceLiveSource, ComplianceLiveSource>();
        services.AddSingleton<ReportStore>();
        services.AddSingleton<ReportRuns>();
        services.AddHostedService<ReportRecovery>();
        services.AddHostedService<ReportRetention>();
        return services;
    }

    public static void MapCompliance(this RouteGroupBuilder api)
    {
        ComplianceDocs.All.Describe(api);
        api.MapComplianceRoutes();
    }
}
