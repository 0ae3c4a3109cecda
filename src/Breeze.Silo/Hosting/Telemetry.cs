using System.Net;
using Breeze.Core.Access;
using Breeze.Silo.Access;
using Npgsql;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Orleans.Dashboard;

namespace Breeze.Silo.Hosting;

/// <summary>Metrics for Prometheus, traces for whoever collects them, and Orleans' dashboard: all of them for system admins.</summary>
/// <remarks>A feature measures on a meter and traces on a source called <c>Breeze</c> or <c>Breeze.*</c>; nothing is registered here.</remarks>
public static class Telemetry
{
    private const string MetricsPath = "/metrics";

    public static void AddTelemetry(this WebApplicationBuilder builder, SiloSettings settings)
    {
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(r => r.AddService("breeze-silo", serviceInstanceId: Environment.MachineName + ":" + Environment.ProcessId))
            .WithMetrics(metrics => metrics
                .AddMeter("Breeze", "Breeze.*", "Microsoft.Orleans", "Npgsql")
                .AddMeter("Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "Microsoft.AspNetCore.Http.Connections")
                .AddRuntimeInstrumentation()
                .AddView("breeze.storage.batch_size", new ExplicitBucketHistogramConfiguration { Boundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512] })
                .AddPrometheusExporter());
        if (settings.Telemetry.OtlpEndpoint is { } collector)
        {
            telemetry
                .WithTracing(traces => traces
                    .AddSource("Breeze", "Breeze.*", "Microsoft.Orleans.Runtime", "Microsoft.Orleans.Application", "Microsoft.AspNetCore.SignalR.Server")
                    .AddAspNetCoreInstrumentation(o => o.Filter = http => !http.Request.Path.StartsWithSegments("/health") && http.Request.Path != MetricsPath)
                    .AddNpgsql()
                    .SetSampler(new ParentBasedSampler(new TraceIdRatioBasedSampler(settings.Telemetry.TracePercent / 100.0)))
                    .AddOtlpExporter(o => o.Endpoint = new Uri(collector)))
                .WithMetrics(metrics => metrics.AddOtlpExporter(o => o.Endpoint = new Uri(collector)));
        }

        if (settings.Telemetry.Dashboard)
        {
            builder.UseOrleans(silo => silo.AddDashboard(o =>
            {
                o.HideTrace = true;

                // Each look counts the silo's activations one by one.
                o.CounterUpdateIntervalMs = 10_000;
            }));
        }
    }

    /// <summary>Metrics for a scraper on this machine, which needs no key. Before authentication.</summary>
    public static void UseLocalMetrics(this IApplicationBuilder app) =>
        app.UseOpenTelemetryPrometheusScrapingEndpoint(http => http.Request.Path == MetricsPath && IsLocal(http));

    /// <summary>Metrics and, where it is on, the dashboard, for a system admin's key.</summary>
    public static void MapTelemetry(this IEndpointRouteBuilder routes, SiloSettings settings)
    {
        routes.MapPrometheusScrapingEndpoint(MetricsPath).RequireRight(Right.ViewInternals);
        if (settings.Telemetry.Dashboard)
        {
            routes.MapOrleansDashboard("/dashboard").RequireRight(Right.ViewInternals);
        }
    }

    // Behind a proxy on this machine everybody comes from loopback; the proxy says so in a header.
    private static bool IsLocal(HttpContext http) =>
        http.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address)
        && http.Request.Headers["X-Forwarded-For"].Count == 0 && http.Request.Headers["Forwarded"].Count == 0;
}
