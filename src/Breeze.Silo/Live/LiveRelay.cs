using System.Text.Json;
using Breeze.Contracts;
using Breeze.Contracts.Live;
using Microsoft.AspNetCore.SignalR;
using Orleans.Concurrency;
using Orleans.Runtime.Services;
using Orleans.Services;

namespace Breeze.Silo.Live;

/// <summary>One a silo: hands messages to the consoles connected to it.</summary>
[Alias("breeze.ILiveRelay")]
public interface ILiveRelay : IGrainService
{
    [Alias("Relay"), OneWay]
    Task Relay(LiveMessage message);
}

/// <inheritdoc cref="ILiveRelay"/>
[Reentrant]
internal sealed class LiveRelay(GrainId id, global::Orleans.Runtime.Silo silo, ILoggerFactory logs, IHubContext<ConsoleHub> hub)
    : GrainService(id, silo, logs), ILiveRelay
{
    public async Task Relay(LiveMessage message)
    {
        var progress = JsonSerializer.Deserialize<DeploymentProgress>(message.Progress, BreezeJson.Options)!;

        // Of a patch job only the second group has anybody in it, of a deployment only the first.
        await hub.Clients.Group(LiveTopic.Job(message.Deployment).Group).SendAsync(PatchHubMethods.JobProgress, JobMessages.Of(progress));
        var group = hub.Clients.Group(LiveTopic.Deployment(message.Deployment).Group);
        await group.SendAsync(ConsoleHubMethods.DeploymentProgress, progress);
        if (message.Devices is { } devices)
        {
            await group.SendAsync(ConsoleHubMethods.DevicesChanged, JsonSerializer.Deserialize<DevicesChanged>(devices, BreezeJson.Options));
        }
    }
}

/// <summary>Addresses the relay of a given silo.</summary>
public sealed class LiveRelayClient(IServiceProvider services) : GrainServiceClient<ILiveRelay>(services)
{
    public void Send(string silo, LiveMessage message) => _ = GetGrainService(SiloAddress.FromParsableString(silo)).Relay(message);
}
