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

    /// <summary>It was told to stop: it lets nobody in and hands its agents on.</summary>
    Draining = 4,
}

/// <summary>One silo, that is one run of the server program.</summary>
/// <param name="Id">Its address and the instant of its start, as Orleans writes them.</param>
/// <param name="Version">The product's version; null for a silo of before it was noted.</param>
/// <param name="LeaseUntil">Until when it counts as active without another renewal.</param>
/// <param name="EndedAt">When it stopped; null unless it did.</param>
/// <param name="ConnectedAgents">Devices whose live connection it held when it last renewed its lease (each 3 s); 0 once it ended or is lost.</param>
/// <param name="AnswersThis">True for the one silo that gave this answer.</param>
/// <param name="SchemaVersion">The newest change of the schema that its program knows; null for a silo of before it was noted.</param>
/// <param name="IsBehind">The database's schema is newer than it knows: it is of an older version, and to be upgraded.</param>
public sealed record ClusterSilo(
    string Id,
    string? Version,
    SiloState Status,
    DateTimeOffset StartedAt,
    DateTimeOffset LeaseUntil,
    DateTimeOffset? EndedAt,
    long ConnectedAgents,
    bool AnswersThis,
    string? SchemaVersion = null,
    bool IsBehind = false);

/// <summary>The installation.</summary>
/// <param name="Storage"><c>sqlite</c> or <c>postgres</c>.</param>
/// <param name="SchemaVersion">The newest change of the schema that the database has.</param>
/// <param name="ActiveSilos">How many renew their lease and are not stopping.</param>
/// <param name="ConnectedAgents">Of all silos together.</param>
/// <param name="Silos">Active and draining ones first, then by start, the latest first; ended and lost ones for a day.</param>
public sealed record ClusterStatus(
    string ClusterId, string Storage, string SchemaVersion, int ActiveSilos, long ConnectedAgents, IReadOnlyList<ClusterSilo> Silos);
