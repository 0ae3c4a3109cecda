using Breeze.Contracts.Live;
using Breeze.Core.Access;
using Breeze.Silo.Access;
using Microsoft.AspNetCore.SignalR;

namespace Breeze.Silo.Live;

/// <summary>Where consoles follow things: subscribe, get the state now, then changes. After a reconnect subscribe again.</summary>
/// <remarks>What is unknown and what this caller may not see are refused alike, by a <see cref="HubException"/>.</remarks>
[RequireRight(Right.ViewDeployments)]
internal sealed class ConsoleHub(
    ILiveSource deployments, IJobLiveSource jobs, IComplianceLiveSource compliance, IApprovalLiveSource approvals,
    LiveConnections connections, LiveSubscriptions subscriptions, TimeProvider clock)
    : Hub
{
    /// <summary>The deployment's state now; its messages follow on this connection.</summary>
    [RequireRight(Right.ViewDeployments)]
    public Task<DeploymentProgress> Subscribe(SubscribeRequest request) =>
        Follow(LiveTopic.Deployment(request.DeploymentId), scope => deployments.Find(scope, request.DeploymentId), "The deployment was not found.");

    [RequireRight(Right.ViewDeployments)]
    public Task Unsubscribe(SubscribeRequest request) => Leave(LiveTopic.Deployment(request.DeploymentId));

    /// <summary>The patch job's state now; its messages follow on this connection.</summary>
    [RequireRight(Right.ViewPatches)]
    public Task<JobProgress> SubscribeJob(SubscribeJobRequest request) =>
        Follow(LiveTopic.Job(request.JobId), scope => jobs.Find(scope, request.JobId), "The patch job was not found.");

    [RequireRight(Right.ViewPatches)]
    public Task UnsubscribeJob(SubscribeJobRequest request) => Leave(LiveTopic.Job(request.JobId));

    /// <summary>How the organization stands now; changes follow on this connection.</summary>
    [RequireRight(Right.ViewPatches)]
    public Task<ComplianceChanged> SubscribeCompliance(SubscribeComplianceRequest request) =>
        Follow(LiveTopic.Compliance(request.OrgId), scope => compliance.Find(scope, request.OrgId), "The organization was not found.");

    [RequireRight(Right.ViewPatches)]
    public Task UnsubscribeCompliance(SubscribeComplianceRequest request) => Leave(LiveTopic.Compliance(request.OrgId));

    /// <summary>What is decided about the organization's patches from now on follows on this connection.</summary>
    [RequireRight(Right.ViewPatches)]
    public Task<ApprovalsChanged> SubscribeApprovals(SubscribeApprovalsRequest request) => Follow(
        LiveTopic.Approvals(request.OrgId),
        async scope => await approvals.Exists(scope, request.OrgId) ? new ApprovalsChanged(request.OrgId, [], false, clock.GetUtcNow()) : null,
        "The organization was not found.");

    [RequireRight(Right.ViewPatches)]
    public Task UnsubscribeApprovals(SubscribeApprovalsRequest request) => Leave(LiveTopic.Approvals(request.OrgId));

    public override Task OnConnectedAsync()
    {
        connections.Add(Context, Caller);
        return Task.CompletedTask;
    }

    public override Task OnDisconnectedAsync(Exception? exception)
    {
        connections.Remove(Context.ConnectionId);
        subscriptions.RemoveAll(Context.ConnectionId);
        return Task.CompletedTask;
    }

    private CallerIdentity Caller => Context.User!.Identities.OfType<CallerIdentity>().First();

    private async Task<T> Follow<T>(LiveTopic topic, Func<OrgScope, Task<T?>> find, string unknown)
        where T : class
    {
        var now = await find(Caller.Caller.Scope) ?? throw new HubException(unknown);
        if (!subscriptions.Add(Context, topic))
        {
            throw new HubException("This connection follows as much as one may.");
        }

        await Groups.AddToGroupAsync(Context.ConnectionId, topic.Group);
        return now;
    }

    private async Task Leave(LiveTopic topic)
    {
        subscriptions.Remove(Context.ConnectionId, topic);
        await Groups.RemoveFromGroupAsync(Context.ConnectionId, topic.Group);
    }
}
