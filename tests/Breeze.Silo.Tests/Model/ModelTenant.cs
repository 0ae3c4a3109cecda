using Breeze.Core;
using Breeze.Silo.Tests.Deployments;
using Breeze.Silo.Tests.Fixture;

namespace Breeze.Silo.Tests.Model;

/// <summary>The organization in which sequences run beside each other.</summary>
public sealed class ModelTenant(DeploymentWorld world)
{
    private readonly Lock _lock = new();
    private readonly Stack<DeviceId> _unused = new(world.Devices);

    public Guid Org => world.Org;

    public Guid Script => world.Script;

    public static async Task<ModelTenant> Create(SiloFixture silo, int devices) => new(await DeploymentWorld.Create(silo, devices, online: false));

    /// <summary>A device that no other sequence has.</summary>
    public DeviceId TakeDevice()
    {
        lock (_lock)
        {
            return _unused.Pop();
        }
    }
}
