using Breeze.Silo.Live;

namespace Breeze.Silo.Approvals;

/// <summary>Approvals: what each organization has decided about each patch.</summary>
public static class ApprovalsSetup
{
    public static IServiceCollection AddApprovals(this IServiceCollection services)
    {
        services.AddSingleton<ApprovalCommits>();
        services.AddSingleton<ApprovalQueries>();
        services.AddSingleton<ApprovalEndpoints.Deciding>();
        services.AddSingleton<IApprovalLiveSource, ApprovalLiveSource>();
        services.AddHostedService<DeferralRecovery>();
        return services;
    }

    public static void MapApprovals(this RouteGroupBuilder api)
    {
        ApprovalDocs.All.Describe(api);
        api.MapApprovalRoutes();
    }
}
