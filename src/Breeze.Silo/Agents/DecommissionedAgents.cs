using Breeze.Core;
using Breeze.Silo.Fleet;

namespace Breeze.Silo.Agents;

/// <summary>Ends the connection of a device that was taken out of service. Its credential is void by then: it does not come back.</summary>
internal sealed class DecommissionedAgents(IGrainFactory grains) : IDecommissionListener
{
    public Task Decommissioned(DeviceId device) => grains.GetGrain<IAgentGrain>(device.Value).End("The device was decommissioned.");
}
