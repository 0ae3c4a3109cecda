using System.Diagnostics.Metrics;

namespace Breeze.Silo.Hosting.Load;

/// <summary>The figures of overload, on the meter <c>Breeze</c>.</summary>
internal static class LoadMetrics
{
    private static readonly Meter Breeze = new("Breeze");
    private static int _level;

    private static readonly Counter<long> Refused = Breeze.CreateCounter<long>(
        "breeze.load.shed", "{request}", "Requests and agents' messages refused because the silo was overloaded, by class.");

    static LoadMetrics() => Breeze.CreateObservableGauge(
        "breeze.load.level", () => Volatile.Read(ref _level), "{class}", "Classes of requests refused now: 0 none, 1 reads, 2 changes, 3 arrivals, 4 reports, 5 results.");

    public static void Level(int level) => Volatile.Write(ref _level, level);

    public static void Shed(RequestClass asked) => Refused.Add(1, new KeyValuePair<string, object?>("class", Name(asked)));

    private static string Name(RequestClass asked) => asked switch
    {
        RequestClass.Read => "read",
        RequestClass.Change => "change",
        RequestClass.Arrival => "arrival",
        RequestClass.Report => "report",
        _ => "result",
    };
}
