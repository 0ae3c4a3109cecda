using Breeze.EndToEnd.Tests.Processes;
using Breeze.Silo.Tests.Fixture;

namespace Breeze.EndToEnd.Tests.Survival;

/// <summary>A fact that needs a PostgreSQL and a load balancer of its own; skipped with the reason where either is missing.</summary>
public sealed class ClusterFactAttribute : FactAttribute
{
    public ClusterFactAttribute() => Skip = Missing;

    /// <summary>What is missing here; null when nothing is.</summary>
    public static string? Missing => PostgresServer.Missing ?? LoadBalancer.Missing;
}
