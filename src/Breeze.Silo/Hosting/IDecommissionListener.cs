using System.Data.Common;
using Breeze.Core;

namespace Breeze.Silo.Hosting;

/// <summary>Told when a device is taken out of service, by the features that have something to do then.</summary>
/// <remarks>Here, and not beside the devices, because features of either side of the call must not depend on each other.</remarks>
public interface IDecommissionListener
{
    /// <summary>Inside the transaction that decommissions the device: what must happen with it or not at all.</summary>
    Task Decommissioning(DbTransaction tx, DeviceId device, DateTimeOffset now);

    /// <summary>After the commit: end the connection. Best effort; the credential is void already.</summary>
    Task Decommissioned(DeviceId device);
}
