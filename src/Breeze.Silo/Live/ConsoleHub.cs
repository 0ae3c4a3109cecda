using Breeze.Contracts.Live;
using Breeze.Core.Access;
using Breeze.Silo.Access;
using Microsoft.AspNetCore.SignalR;

namespace Breeze.Silo.Live;

/// <summary>Where consoles follow deployments: subscribe, get the state now, then changes. After a reconnect subscribe again.</summary>
[RequireRight(Right.ViewDeployments)]
internal sealed class ConsoleHub(ILiveSource source, LiveSubscriptions subscriptions) : Hub
{
    /// <summary>The deployment's state now; its messages follow on this connection.</summary>
    /// <exception cref="HubException">It is unknown, or not to be seen by this caller; the two are alike.</exception>
    [RequireRight(Right.ViewDeployments)]
    public async Task<DeploymentProgress> Subscribe(SubscribeRequest request)
    {
        var caller = Context.User!.Identities.OfType<CallerIdentity>().First();
        if (await source.Find(caller.Caller.Scope, request.DeploymentId) is not { } progress)
        {
            throw new HubException("The deployment was not found.");
        }

        if (!subscriptions.Add(Context, caller, request.DeploymentId))
        {
            throw new HubException("This connection follows as many deployments as one may.");
        }

        await Groups.AddToGroupAsync(Context.ConnectionId, request.DeploymentId.ToString());
        return progress;
    }

    [RequireRight(Right.ViewDeployments)]
    public async Task Unsubscribe(SubscribeRequest request)
    {
        subscriptions.Remove(Context.ConnectionId, request.DeploymentId);
        await Groups.RemoveFromGroupAsync(Context.ConnectionId, request.DeploymentId.ToString());
    }

    public override Task OnDisconnectedAsync(Exception? exception)
    {
        subscriptions.RemoveAll(Context.ConnectionId);
        return Task.CompletedTask;
    }
}

/// <summary>What the feature that is watched provides: the state now, and the asking for changes.</summary>
public interface ILiveSource
{
    /// <summary>Null: unknown, or outside the scope.</summary>
    Task<DeploymentProgress?> Find(OrgScope scope, Guid deployment);

    /// <summary>Tells the deployment that this silo watches, for the next half minute.</summary>
    void Watch(Guid deployment);
}
