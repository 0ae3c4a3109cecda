namespace Breeze.Contracts.Agents;

/// <summary>What a silo is.</summary>
public enum SiloState
{
    /// <summary>It renews its lease: its devices count as online.</summary>
    Active = 1,

    /// <summary>It stopped in order, or was started anew.</summary>
    Stopped = 2,

    /// <summary>Its lease lapsed without a word: it died, hangs, or cannot reach the database.</summary>
    Lost = 3,
}

/// <summary>One silo, that is one run of the server program.</summary>
/// <param name="Id">Its address and the instant of its start, as Orleans writes them.</param>
/// <param name="Version">The product's version; null for a silo of before it was noted.</param>
/// <param name="LeaseUntil">Until when it counts as active without another renewal.</param>
/// <param name="EndedAt">When it stopped; null unless it did.</param>
/// <param name="ConnectedAgents">Devices whose live connection it holds; 0 unless it is active.</param>
/// <param name="AnswersThis">True for the one silo that gave this answer.</param>
public sealed record ClusterSilo(
    string Id,
    string? Version,
    SiloState Status,
    DateTimeOffset StartedAt,
    DateTimeOffset LeaseUntil,
    DateTimeOffset? EndedAt,
    long ConnectedAgents,
    bool AnswersThis);

/// <summary>The installation.</summary>
/// <param name="Storage"><c>sqlite</c> or <c>postgres</c>.</param>
/// <param name="Silos">Active ones first, then by start, the latest first; ended and lost ones for a day.</param>
public sealed record ClusterStatus(string ClusterId, string Storage, IReadOnlyList<ClusterSilo> Silos);
