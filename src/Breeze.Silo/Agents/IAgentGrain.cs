using Breeze.Contracts.Agents;
using Breeze.Core;
using Orleans.Concurrency;

namespace Breeze.Silo.Agents;

/// <summary>One device's place in the cluster (key: device id): which connection is the live one, and what its messages mean.</summary>
[Alias("breeze.IAgentGrain")]
public interface IAgentGrain : IGrainWithGuidKey
{
    /// <summary>How long an agent's message may stand in the queue of a commit: giving up earlier only has it said, and queued, again.</summary>
    public const string AgentPatience = "00:01:00";

    /// <summary>Makes a connection the live one and ends the one before. Committed when answered.</summary>
    [Alias("Connect")]
    Task<Answer<long>> Connect(AgentArrival arrival);

    /// <summary>The connection is gone; does nothing when a newer one has taken its place.</summary>
    [Alias("Disconnected")]
    Task Disconnected(long epoch);

    /// <summary>The device has a command in its journal.</summary>
    /// <returns>Whether it may run it. Committed when answered.</returns>
    [Alias("Accepted"), AlwaysInterleave, ResponseTimeout(AgentPatience)]
    Task<Answer<bool>> Accepted(long epoch, CommandId id, int attempt, KnownCommand? known);

    /// <summary>A command ended. Committed when answered; a repeat is safe.</summary>
    [Alias("Result"), AlwaysInterleave, ResponseTimeout(AgentPatience)]
    Task<Answer<bool>> Result(long epoch, CommandEnd end, KnownCommand? known);

    [Alias("Progress"), AlwaysInterleave]
    Task Progress(long epoch, CommandId id, CommandPhase phase, KnownCommand? known);

    /// <summary>What the device says of itself.</summary>
    [Alias("Inventory"), AlwaysInterleave]
    Task Inventory(long epoch, DeviceFacts facts);

    /// <summary>Ends the live connection (credential revoked, device decommissioned).</summary>
    [Alias("End")]
    Task End(string reason);
}

/// <summary>A connection that said Hello.</summary>
[GenerateSerializer, Immutable, Alias("breeze.AgentArrival")]
public sealed record AgentArrival(
    [property: Id(0)] string SiloId,
    [property: Id(1)] string AgentVersion,
    [property: Id(2)] string OsVersion,
    [property: Id(3)] string Capabilities);

/// <summary>What a device may change of its own row; null leaves a column as it is.</summary>
[GenerateSerializer, Immutable, Alias("breeze.DeviceFacts")]
public sealed record DeviceFacts(
    [property: Id(0)] string? Hostname,
    [property: Id(1)] string? OsVersion,
    [property: Id(2)] string? Architecture,
    [property: Id(3)] string? AgentVersion);

/// <summary>What the server itself knows of a command that a message names.</summary>
[GenerateSerializer, Immutable, Alias("breeze.KnownCommand")]
public sealed record KnownCommand(
    [property: Id(0)] DeviceId DeviceId, [property: Id(1)] int Attempt, [property: Id(2)] string? Origin);
