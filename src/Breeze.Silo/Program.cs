using Breeze.Silo.Access;
using Breeze.Silo.Access.Sessions;
using Breeze.Silo.Agents;
using Breeze.Silo.Approvals;
using Breeze.Silo.Compliance;
using Breeze.Silo.Deployments;
using Breeze.Silo.Fleet;
using Breeze.Silo.Hosting;
using Breeze.Silo.Hosting.Load;
using Breeze.Silo.Jobs;
using Breeze.Silo.Live;
using Breeze.Silo.Patches;
using Breeze.Silo.Policies;
using Breeze.Silo.Software;

namespace Breeze.Silo;

public static class Program
{
    public static Task<int> Main(string[] args) => args is ["add-command-key", var file]
        ? CommandKeyStart.AddTo(file)
        : SiloStart.Run(args, settings => Build(settings));

    /// <summary>The whole silo, from the settings to its routes. Tests build it the same way.</summary>
    /// <param name="adjust">Last word over the services, for tests: their clock.</param>
    public static WebApplication Build(SiloSettings settings, Action<WebApplicationBuilder>? adjust = null)
    {
        var builder = SiloBuilder.Create(settings);
        builder.AddOrleansSilo(settings);
        builder.AddTelemetry(settings);
        builder.Services.AddHttpConventions();
        builder.Services.AddLoadShedding();
        builder.Services.AddAccess(settings);
        builder.Services.AddApiDescription();
        builder.Services.AddFleet();
        builder.Services.AddAgents();
        builder.Services.AddDeployments();
        builder.Services.AddApprovals();
        builder.Services.AddPatches();
        builder.Services.AddCompliance();
        builder.Services.AddPolicies();
        builder.Services.AddJobs();
        builder.Services.AddSoftware();
        builder.Services.AddLive();
        adjust?.Invoke(builder);

        var app = builder.Build();
        app.UseHttpConventions();
        app.UseConsolePage();
        app.UseLocalMetrics();
        app.UseLoadShedding();
        app.UseAgentAdmission();
        app.UseAccess();
        app.MapHealth();
        app.MapApiDescription();
        app.MapTelemetry(settings);
        app.MapAgentHub();
        app.MapLive();
        app.MapOidcSignIn(settings);
        app.MapApi();
        app.MapConsole();
        app.RequireRightsEverywhere();
        return app;
    }

    private static void MapApi(this WebApplication app)
    {
        var api = app.MapGroup("/api/v1");
        api.MapAccess();
        api.MapAgents();
        api.MapDeployments();
        api.MapApprovals();
        api.MapPolicies();
        api.MapFleet();
        api.MapPatches();
        api.MapCompliance();
        api.MapJobs();
        api.MapSoftware();
    }
}
