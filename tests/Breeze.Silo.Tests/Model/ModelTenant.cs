using Breeze.Core;
using Breeze.Core.Deployments;
using Breeze.Silo.Tests.Deployments;
using Breeze.Silo.Tests.Fixture;
using Dapper;

namespace Breeze.Silo.Tests.Model;

/// <summary>The organization in which sequences run beside each other.</summary>
public sealed class ModelTenant(SiloFixture silo, DeploymentWorld world)
{
    private readonly Lock _lock = new();
    private readonly Stack<DeviceId> _unused = new(world.Devices);

    public Guid Org => world.Org;

    public Guid Script => world.Script;

    public static async Task<ModelTenant> Create(SiloFixture silo, int devices) => new(silo, await DeploymentWorld.Create(silo, devices, online: false));

    /// <summary>Each deployment's stage, and how many of its commands were sent without an operator's bypass: one statement for all.</summary>
    public Task<Dictionary<Guid, Seen>> Look() => silo.Database.Read(async c => (await c.QueryAsync<Seen>(
        """
        select p.id, p.stage, (
          select cast(count(*) as int) from device_commands c where c.bypasses_gate = 0 and c.gate_id in
            (select p.gate_id union select r.gate_id from deployment_runs r where r.deployment_id = p.id)) as sent
        from deployments p where p.org_id = @Org
        """,
        new { Org })).ToDictionary(s => s.Id));

    /// <summary>A device that no other sequence has.</summary>
    public DeviceId TakeDevice()
    {
        lock (_lock)
        {
            return _unused.Pop();
        }
    }

    public sealed class Seen
    {
        public Guid Id { get; init; }

        public Stage Stage { get; init; }

        public int Sent { get; init; }
    }
}
