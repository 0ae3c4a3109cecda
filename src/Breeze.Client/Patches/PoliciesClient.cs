using Breeze.Client.Http;
using Breeze.Client.Resources;
using Breeze.Contracts.Jobs;
using Breeze.Contracts.Policies;

namespace Breeze.Client.Patches;

/// <summary>Configuration policies: what they set, whom they govern, and the jobs that they make. The list takes <c>orgId</c>.</summary>
public sealed class PoliciesClient : EditableResource<ConfigurationPolicy, ConfigurationPolicyBody, ConfigurationPolicyBody>
{
    internal PoliciesClient(Transport transport)
        : base(transport, "configuration-policies")
    {
    }

    /// <summary>Sets a feature whole, whether it was there or not.</summary>
    public Task<PolicyFeature> SetFeature(Guid id, PolicyFeatureBody body, CancellationToken cancel = default) =>
        Transport.Send<PolicyFeature>(new(HttpMethod.Post, $"{Path}/{id}/features") { Body = body }, cancel);

    public Task RemoveFeature(Guid id, string featureType, CancellationToken cancel = default) =>
        Transport.Send(new(HttpMethod.Delete, $"{Path}/{id}/features/{featureType}"), cancel);

    public IAsyncEnumerable<PolicyAssignment> Assignments(Guid id, CancellationToken cancel = default) =>
        AssignmentsOf(id).List(null, cancel);

    /// <summary>The same, page by page.</summary>
    public PlainList<PolicyAssignment> AssignmentsOf(Guid id) => new(Transport, $"configuration-policies/{id}/assignments");

    public Task<PolicyAssignment> Assign(Guid id, PolicyAssignmentBody body, CancellationToken cancel = default) =>
        Transport.Send<PolicyAssignment>(new(HttpMethod.Post, $"{Path}/{id}/assignments") { Body = body }, cancel);

    public Task Unassign(Guid id, Guid assignmentId, CancellationToken cancel = default) =>
        Transport.Send(new(HttpMethod.Delete, $"{Path}/{id}/assignments/{assignmentId}"), cancel);

    /// <summary>What a device obeys, whichever policy is named.</summary>
    public Task<ResolvedPatchConfig> Resolve(Guid id, Guid deviceId, CancellationToken cancel = default) =>
        Transport.Send<ResolvedPatchConfig>(new(HttpMethod.Get, $"{Path}/{id}/resolve-patch-config/{deviceId}"), cancel);

    /// <summary>When settings would run on the clock of a time zone; nothing is written. Empty without a schedule.</summary>
    public Task<IReadOnlyList<ScheduledRun>> PreviewSchedule(SchedulePreviewBody body, CancellationToken cancel = default) =>
        Transport.Send<IReadOnlyList<ScheduledRun>>(new(HttpMethod.Post, $"{Path}/schedule-preview") { Body = body }, cancel);

    /// <summary>When a policy runs next in each time zone that it reaches, and what became of the last run.</summary>
    /// <param name="count">1–20 runs a zone.</param>
    public Task<PolicySchedule> Schedule(Guid id, int count = 5, CancellationToken cancel = default) =>
        Transport.Send<PolicySchedule>(new(HttpMethod.Get, Query.To($"{Path}/{id}/schedule", ("count", count))), cancel);

    /// <summary>A job for these devices by the policy's settings, whether it is assigned to them or not.</summary>
    public Task<PatchJobsCreated> PatchJob(Guid id, PatchJobBody body, CancellationToken cancel = default) =>
        Transport.SendBare<PatchJobsCreated>(new(HttpMethod.Post, $"{Path}/{id}/patch-job") { Body = body }, cancel);

    /// <summary>A job for all devices that the policy governs.</summary>
    public Task<PatchJobsCreated> Run(Guid id, PolicyRunBody body, CancellationToken cancel = default) =>
        Transport.SendBare<PatchJobsCreated>(new(HttpMethod.Post, $"{Path}/{id}/run") { Body = body, Timeout = Transport.Options.InitializeTimeout }, cancel);
}
