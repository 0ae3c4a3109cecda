using Breeze.Core;
using Orleans.Concurrency;
using Orleans.Runtime.Services;
using Orleans.Services;

namespace Breeze.Silo.Agents;

/// <summary>The agents' sockets of one silo, as the other silos reach them.</summary>
[Alias("breeze.IAgentGateway")]
public interface IAgentGateway : IGrainService
{
    /// <summary>Signs and sends what this silo's connections take; the rest is left to the resend loop.</summary>
    [Alias("Send")]
    Task Send(Immutable<List<OutgoingCommand>> commands);

    [Alias("Cancel")]
    Task Cancel(Immutable<List<CancelTarget>> commands);

    /// <summary>Ends a device's connection if it is this one or an older.</summary>
    [Alias("Close")]
    Task Close(DeviceId device, long epoch, string reason);

    /// <summary>Looks for waiting commands of a device that is connected here.</summary>
    [Alias("Wake")]
    Task Wake(Immutable<List<DeviceId>> devices);
}

/// <inheritdoc cref="IAgentGateway"/>
[Reentrant]
internal sealed class AgentGateway(GrainId id, Orleans.Runtime.Silo silo, ILoggerFactory loggerFactory, LocalAgents local)
    : GrainService(id, silo, loggerFactory), IAgentGateway
{
    public Task Send(Immutable<List<OutgoingCommand>> commands) => local.Send(commands.Value);

    public Task Cancel(Immutable<List<CancelTarget>> commands)
    {
        local.Cancel(commands.Value);
        return Task.CompletedTask;
    }

    public Task Close(DeviceId device, long epoch, string reason)
    {
        local.Close(device, epoch, reason);
        return Task.CompletedTask;
    }

    public Task Wake(Immutable<List<DeviceId>> devices)
    {
        local.Wake(devices.Value);
        return Task.CompletedTask;
    }
}

/// <summary>Reaches the gateway of a silo by its id.</summary>
internal sealed class AgentGatewayClient(IServiceProvider services) : GrainServiceClient<IAgentGateway>(services)
{
    public IAgentGateway Of(SiloAddress silo) => GetGrainService(silo);
}
