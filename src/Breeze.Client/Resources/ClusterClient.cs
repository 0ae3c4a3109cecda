using Breeze.Client.Http;
using Breeze.Contracts.Agents;

namespace Breeze.Client.Resources;

/// <summary>The installation's silos; for system admins.</summary>
public sealed class ClusterClient
{
    private readonly Transport _transport;

    internal ClusterClient(Transport transport) => _transport = transport;

    public Task<ClusterStatus> Get(CancellationToken cancel = default) =>
        _transport.Send<ClusterStatus>(new(HttpMethod.Get, "api/v1/cluster"), cancel);
}
