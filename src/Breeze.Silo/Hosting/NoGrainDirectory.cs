using Orleans.GrainDirectory;

namespace Breeze.Silo.Hosting;

/// <summary>The directory of grains that may be active on several silos at once: nobody is told of an activation, and nobody is asked for one.</summary>
/// <remarks>
/// For grains that remember nothing and are called where their work is: a record of a rollout has one for a few messages, and telling
/// the cluster's directory of each would cost more than what it does (docs/decisions/0103). Such a grain prefers local placement.
/// </remarks>
internal sealed class NoGrainDirectory : IGrainDirectory
{
    /// <summary>What <see cref="GrainDirectoryAttribute"/> names it by.</summary>
    public const string Name = "none";

    public Task<GrainAddress?> Register(GrainAddress address) => Task.FromResult<GrainAddress?>(address);

    public Task<GrainAddress?> Register(GrainAddress address, GrainAddress? previousAddress) => Task.FromResult<GrainAddress?>(address);

    public Task Unregister(GrainAddress address) => Task.CompletedTask;

    public Task<GrainAddress?> Lookup(GrainId grainId) => Task.FromResult<GrainAddress?>(null);

    public Task UnregisterSilos(List<SiloAddress> siloAddresses) => Task.CompletedTask;
}
