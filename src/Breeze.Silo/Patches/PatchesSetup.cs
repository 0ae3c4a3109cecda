using Breeze.Core.Fleet;
using Breeze.Silo.Agents;
using Breeze.Silo.Fleet;
using Breeze.Silo.Hosting;

namespace Breeze.Silo.Patches;

/// <summary>Patches: what devices report, and what organizations see of it.</summary>
public static class PatchesSetup
{
    public static IServiceCollection AddPatches(this IServiceCollection services)
    {
        services.AddSingleton<PatchIntake>();
        services.AddSingleton<ReportParts>();
        services.AddSingleton<IPatchReports, PatchReports>();
        services.AddSingleton<PatchScans>();
        services.AddSingleton<ScanResultStore>();
        services.AddSingleton<CatalogueQueries>();
        services.AddSingleton<DevicePatchQueries>();
        services.AddHostedService<PatchHousekeeping>();
        services.AddSingleton<IDecommissionListener, PatchesOfDecommissioned>();
        services.AddFilterColumn(new(
            new FilterField("patches.pending", FieldKind.Number),
            "coalesce((select t.pending from device_patch_totals t where t.device_id = d.id), 0)"));
        return services;
    }

    public static void MapPatches(this RouteGroupBuilder api)
    {
        PatchDocs.All.Describe(api);
        api.MapPatchRoutes();
    }
}
