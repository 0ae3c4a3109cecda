using System.Collections.Concurrent;
using System.Text.Json;
using Breeze.Contracts;
using Breeze.Contracts.Live;

namespace Breeze.Silo.Live;

/// <summary>Which silos have somebody watching the deployments that live on this one, and the way to them.</summary>
/// <remarks>
/// Interest is asked for again every few seconds by the watching silo, so that it finds a deployment that has moved and is forgotten
/// where nobody watches any more. A message to a silo that has died is lost: its watchers reconnect elsewhere and fetch.
/// </remarks>
public sealed class LiveChannel(LiveRelayClient relay, TimeProvider clock)
{
    private static readonly TimeSpan Interest = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<Guid, ConcurrentDictionary<string, DateTimeOffset>> _watchers = new();

    public void Watch(Guid deployment, string silo) =>
        _watchers.GetOrAdd(deployment, _ => new())[silo] = clock.GetUtcNow() + Interest;

    public bool IsWatched(Guid deployment)
    {
        if (!_watchers.TryGetValue(deployment, out var silos))
        {
            return false;
        }

        var now = clock.GetUtcNow();
        foreach (var (silo, until) in silos)
        {
            if (until < now)
            {
                silos.TryRemove(silo, out _);
            }
        }

        if (silos.IsEmpty)
        {
            _watchers.TryRemove(deployment, out _);
            return false;
        }

        return true;
    }

    public void Publish(DeploymentProgress progress, DevicesChanged? devices)
    {
        if (!_watchers.TryGetValue(progress.DeploymentId, out var silos))
        {
            return;
        }

        var message = new LiveMessage(
            progress.DeploymentId,
            JsonSerializer.Serialize(progress, BreezeJson.Options),
            devices is null ? null : JsonSerializer.Serialize(devices, BreezeJson.Options));
        foreach (var silo in silos.Keys)
        {
            relay.Send(silo, message);
        }
    }
}

/// <summary>What goes from a deployment's silo to a watching one: hub messages as JSON, so that no wire type is two kinds of contract.</summary>
[GenerateSerializer, Immutable, Alias("breeze.LiveMessage")]
public sealed record LiveMessage([property: Id(0)] Guid Deployment, [property: Id(1)] string Progress, [property: Id(2)] string? Devices);
