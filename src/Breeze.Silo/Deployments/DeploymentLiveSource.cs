using Breeze.Contracts.Live;
using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Silo.Live;

namespace Breeze.Silo.Deployments;

/// <summary>What the console hub asks of deployments.</summary>
internal sealed class DeploymentLiveSource(DeploymentQueries queries, IGrainFactory grains, ILocalSiloDetails silo) : ILiveSource
{
    public Task<DeploymentProgress?> Find(OrgScope scope, Guid deployment) => queries.Progress(new DeploymentId(deployment), scope);

    public void Watch(Guid deployment) => _ = grains.GetGrain<IDeploymentGrain>(deployment).Watch(silo.SiloAddress.ToParsableString());
}
