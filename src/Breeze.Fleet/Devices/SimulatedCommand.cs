using Breeze.Contracts.Agents;

namespace Breeze.Fleet.Devices;

/// <summary>One command in a simulated device's memory.</summary>
internal sealed class SimulatedCommand(Guid id, string type, string payload, int attempt, long sequence)
{
    public Guid Id { get; } = id;
    public string Type { get; } = type;
    public int Attempt { get; } = attempt;
    public long Sequence { get; } = sequence;

    /// <summary>Empty once it ended: nobody needs it again, and a fleet keeps many.</summary>
    public string Payload { get; set; } = payload;

    /// <summary>The server said: proceed; it waits for its turn, or ran.</summary>
    public bool IsAccepted { get; set; }

    /// <summary>It is being asked about, or reported; no second time at once.</summary>
    public bool IsAsking { get; set; }

    /// <summary>The server withdrew it, or cancelled it while it ran.</summary>
    public bool IsCancelled { get; set; }

    /// <summary>Set while it runs.</summary>
    public CancellationTokenSource? Running { get; set; }

    /// <summary>What it will report as long as nobody cancels it; null until it ended.</summary>
    public Result? Result { get; set; }

    /// <summary>The result may be reported from now on; a late one is not.</summary>
    public bool IsReportable { get; set; }

    public bool IsAcknowledged { get; set; }
}
