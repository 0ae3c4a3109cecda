using Breeze.Contracts.Policies;
using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Silo.Access;
using Breeze.Silo.Fleet;
using Breeze.Silo.Hosting;
using Breeze.Silo.Hosting.Load;

namespace Breeze.Silo.Policies;

/// <summary><c>/configuration-policies</c> and the list that was before it. A policy's ETag is its version, its features and assignments included.</summary>
internal static class PolicyEndpoints
{
    public static void MapPolicyRoutes(this RouteGroupBuilder api)
    {
        var policies = api.MapGroup("/configuration-policies").WithTags("Configuration policies");
        policies.MapGet("", async (HttpContext http, PolicyStore store, NumberedPage page) =>
                (await store.List(http.Caller().Scope, Listing.Read(http.Request.Query), page)).ToHttp(Replies.Bare))
            .RequireRight(Right.ViewPolicies).Narrowed();
        policies.MapGet("/{id}", async (HttpContext http, PolicyStore store, Guid id) => (await store.Get(http.Caller().Scope, id)).ToHttp(http))
            .RequireRight(Right.ViewPolicies);
        policies.MapPost("", async (HttpContext http, PolicyStore store, ConfigurationPolicyBody body) =>
                (await store.Create(http.Caller(), body)).ToCreated(http, p => $"/api/v1/configuration-policies/{p.Id}"))
            .RequireRight(Right.ManagePolicies).Audited("policy.create", "policy");
        policies.MapPut("/{id}", async (HttpContext http, PolicyStore store, Guid id, ConfigurationPolicyBody body) =>
                (await store.Update(http.Caller(), id, EntityTags.IfMatch(http), body)).ToHttp(http))
            .RequireRight(Right.ManagePolicies).Audited("policy.update", "policy");
        policies.MapDelete("/{id}", async (HttpContext http, PolicyStore store, PolicyChanges changes, Guid id) =>
                (await changes.After(id, await store.Delete(http.Caller(), id, EntityTags.IfMatch(http)))).ToHttp(http))
            .RequireRight(Right.ManagePolicies).Audited("policy.delete", "policy");
        policies.MapGet("/{id}/resolve-patch-config/{deviceId}", async (HttpContext http, ResolvedConfigs configs, Guid id, Guid deviceId) =>
                (await configs.Resolve(http.Caller().Scope, id, deviceId)).ToHttp())
            .RequireRight(Right.ViewPolicies);
        policies.MapPost("/schedule-preview", (PolicySchedules schedules, SchedulePreviewBody body) => schedules.Preview(body).ToHttp())
            .RequireRight(Right.ViewPolicies).ShedAs(RequestClass.Read);
        policies.MapGet("/{id}/schedule", async (HttpContext http, PolicySchedules schedules, Guid id) =>
                (await schedules.Of(http.Caller().Scope, id, QueryText.Integer(http.Request.Query, "count", 1, PolicySchedules.MostRuns, PolicySchedules.UsualRuns))).ToHttp())
            .RequireRight(Right.ViewPolicies).Query("count", "How many runs of each time zone, 1 to 20; left out: 5.", "5");
        api.MapGet("/devices/{id}/patch-config", async (HttpContext http, ResolvedConfigs configs, Guid id) => (await configs.Of(http.Caller().Scope, id)).ToHttp())
            .RequireRight(Right.ViewPolicies).WithTags("Configuration policies");
        MapFeatures(policies);
        MapAssignments(policies);
        api.MapGet("/patch-policies", async (HttpContext http, PolicyStore store, NumberedPage page) =>
                (await store.ListLegacy(http.Caller().Scope, QueryText.Id(http.Request.Query, "orgId"), page)).ToHttp(Replies.Bare))
            .RequireRight(Right.ViewPolicies).WithTags("Configuration policies");
    }

    private static void MapFeatures(RouteGroupBuilder policies)
    {
        policies.MapGet("/{id}/features", async (HttpContext http, FeatureStore store, Guid id, NumberedPage page) =>
                (await store.List(http.Caller().Scope, id, page)).ToHttp(Replies.Bare))
            .RequireRight(Right.ViewPolicies);
        policies.MapPost("/{id}/features", async (HttpContext http, FeatureStore store, PolicyChanges changes, Guid id, PolicyFeatureBody body) =>
                (await changes.After(id, await store.Set(http.Caller(), id, EntityTags.IfMatch(http), body)))
                    .ToCreated(http, f => $"/api/v1/configuration-policies/{id}/features/{f.FeatureType}"))
            .RequireRight(Right.ManagePolicies).Audited("policy.set_feature", "policy");
        policies.MapDelete("/{id}/features/{featureType}", async (HttpContext http, FeatureStore store, PolicyChanges changes, Guid id, string featureType) =>
                (await changes.After(id, await store.Remove(http.Caller(), id, featureType, EntityTags.IfMatch(http)))).ToHttp(http))
            .RequireRight(Right.ManagePolicies).Audited("policy.remove_feature", "policy");
    }

    private static void MapAssignments(RouteGroupBuilder policies)
    {
        policies.MapGet("/{id}/assignments", async (HttpContext http, AssignmentStore store, Guid id, NumberedPage page) =>
                (await store.List(http.Caller().Scope, id, page)).ToHttp(Replies.Bare))
            .RequireRight(Right.ViewPolicies);
        policies.MapPost("/{id}/assignments", async (HttpContext http, AssignmentStore store, PolicyChanges changes, Guid id, PolicyAssignmentBody body) =>
                (await changes.After(id, await store.Add(http.Caller(), id, EntityTags.IfMatch(http), body)))
                    .ToCreated(http, a => $"/api/v1/configuration-policies/{id}/assignments/{a.Id}"))
            .RequireRight(Right.ManagePolicies).Audited("policy.assign", "policy");
        policies.MapDelete("/{id}/assignments/{assignmentId}", async (HttpContext http, AssignmentStore store, PolicyChanges changes, Guid id, Guid assignmentId) =>
                (await changes.After(id, await store.Remove(http.Caller(), id, assignmentId, EntityTags.IfMatch(http)))).ToHttp(http))
            .RequireRight(Right.ManagePolicies).Audited("policy.unassign", "policy");
    }
}

/// <summary>What follows the commit of a change: the schedule hears of it, and organizations that it concerns are looked at.</summary>
internal sealed class PolicyChanges(IGrainFactory grains, PolicyReviews reviews)
{
    public async Task<Answer<T>> After<T>(Guid policy, Answer<T> answer)
    {
        if (!answer.IsRefused)
        {
            // May be lost, for its rows are looked at anyway.
            _ = grains.GetGrain<IPolicyScheduleGrain>(policy).Nudge();
            await reviews.Run(CancellationToken.None);
        }

        return answer;
    }
}
