using System.Diagnostics.Metrics;

namespace Breeze.Silo.Agents;

/// <summary>The figures of the agents' side, on the meter <c>Breeze</c>.</summary>
internal static class AgentMetrics
{
    private static readonly Meter Breeze = new("Breeze");
    private static long _connected;
    private static long _queued;

    public static readonly Counter<long> Sent = Breeze.CreateCounter<long>(
        "breeze.commands.sent", "{command}", "Commands signed and handed to a connection, repeats included.");

    public static readonly Counter<long> Accepted = Breeze.CreateCounter<long>(
        "breeze.commands.accepted", "{command}", "Commands that devices accepted.");

    public static readonly Counter<long> Done = Breeze.CreateCounter<long>(
        "breeze.commands.done", "{command}", "Results of commands that were made durable.");

    public static readonly Counter<long> Resent = Breeze.CreateCounter<long>(
        "breeze.commands.resent", "{command}", "Commands sent again because their devices had not accepted them.");

    public static readonly Counter<long> Refused = Breeze.CreateCounter<long>(
        "breeze.agents.refused", "{message}", "Messages refused: another device's command, another attempt, a superseded connection.");

    public static readonly Counter<long> HandedOver = Breeze.CreateCounter<long>(
        "breeze.agents.handed_over", "{agent}", "Agents asked to connect to a silo that has fewer.");

    static AgentMetrics()
    {
        Breeze.CreateObservableGauge(
            "breeze.agents.connected", () => Interlocked.Read(ref _connected), "{agent}", "Agents connected to this silo.");
        Breeze.CreateObservableGauge(
            "breeze.commands.outgoing", () => Interlocked.Read(ref _queued), "{command}", "Commands waiting in the connections' outgoing queues.");
    }

    public static void Connected(int change) => Interlocked.Add(ref _connected, change);

    public static void Queued(int change) => Interlocked.Add(ref _queued, change);
}
