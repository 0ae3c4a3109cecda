using Breeze.Contracts;
using Breeze.Contracts.Policies;
using Breeze.Silo.Hosting;

namespace Breeze.Silo.Policies;

/// <summary>The descriptions of the policies' routes in OpenAPI.</summary>
internal static class PolicyDocs
{
    private static readonly DateTimeOffset At = new(2026, 3, 1, 9, 0, 0, TimeSpan.Zero);
    private static readonly Guid OrgId = Guid.Parse("0198f6a0-0000-7000-8000-000000000002");
    private static readonly Guid SiteId = Guid.Parse("0198f6a0-0000-7000-8000-000000000003");
    private static readonly Guid DeviceId = Guid.Parse("0198f6a0-0000-7000-8000-000000000011");
    private static readonly Guid PolicyId = Guid.Parse("0198f6a0-0000-7000-8000-000000000041");

    private static readonly object Body = new { orgId = OrgId, name = "Servers", description = "Sundays at two" };

    private static readonly object FeatureBody = new
    {
        featureType = "patch",
        inlineSettings = new
        {
            sources = new[] { "microsoft", "third_party" },
            autoApprove = true,
            autoApproveSeverities = new[] { "critical", "important" },
            scheduleFrequency = "weekly",
            scheduleTime = "02:00",
            scheduleDayOfWeek = "sun",
            rebootPolicy = "if_required",
        },
    };

    private static readonly PatchSettingsBody Settings = new()
    {
        Sources = ["microsoft", "third_party"],
        AutoApprove = true,
        AutoApproveSeverities = ["critical", "important"],
        ScheduleFrequency = "weekly",
        ScheduleTime = "02:00",
        ScheduleDayOfWeek = "sun",
        RebootPolicy = "if_required",
        RebootDelayMinutes = 15,
        DeadlineMinutes = 1440,
    };

    private static readonly PolicyFeature Feature = new("patch", Settings, At, At);
    private static readonly ConfigurationPolicy Policy = new(PolicyId, OrgId, null, "Servers", "Sundays at two", [Feature], "Patch board", At, At);

    private static readonly PolicyAssignment Assignment =
        new(Guid.Parse("0198f6a0-0000-7000-8000-000000000042"), PolicyId, PolicyLevel.Site, SiteId, 10, At, "Main street");

    private static readonly ScheduledRun Run = new(new(2026, 3, 8, 1, 0, 0, TimeSpan.Zero), "2026-03-08T02:00");

    public static RouteDocs All { get; } = Reads(Writes(new()));

    private static RouteDocs Writes(RouteDocs docs) => docs
        .Add("POST /configuration-policies", "Make a policy",
            "Of an organization, or with partnerId of a partner. It has no effect before it has a feature and an assignment.", One(Policy with { Features = [] }), Body, 201)
        .Add("PUT /configuration-policies/{id}", "Replace a policy's name and description", "Takes the whole; features and assignments stay. 412 by If-Match.", One(Policy), Body)
        .Add("DELETE /configuration-policies/{id}", "Delete a policy",
            "With its features and assignments: from then on it governs nobody and runs no more. Jobs that it made go on.", One(Policy))
        .Add("POST /configuration-policies/{id}/features", "Set a policy's patch settings",
            "Whole: what is left out takes its default. Effective at once, also for what waits to run. A repeat sets the same. autoApprove needs autoApproveSeverities.",
            One(Feature), FeatureBody, 201)
        .Add("DELETE /configuration-policies/{id}/features/{featureType}", "Take a feature from a policy", "From then on it takes no part in what devices obey.", One(Feature))
        .Add("POST /configuration-policies/{id}/assignments", "Assign a policy",
            "To a partner, organization, site, device_group or device of its owner. Where several reach a device, the most specific level wins, then the lower priority, then the older assignment. 400 when it is assigned to the target already.",
            One(Assignment), new { level = "site", targetId = SiteId, priority = 10 }, 201)
        .Add("DELETE /configuration-policies/{id}/assignments/{assignmentId}", "Remove an assignment", "Its devices obey the next policy that reaches them, at once.", One(Assignment));

    private static RouteDocs Reads(RouteDocs docs) => docs
        .Add("GET /configuration-policies", "List policies", "Newest first, of the caller's organizations, and of the partner itself for a partner's key.",
            new PagedList<ConfigurationPolicy>([Policy], new(1, 50, 1), null))
        .Add("GET /configuration-policies/{id}", "Get a policy", "With its features. The ETag is the version of all that makes it, its assignments too.", One(Policy))
        .Add("GET /configuration-policies/{id}/features", "List a policy's features", "At most one of each type; patch is the only one there is.",
            new PagedList<PolicyFeature>([Feature], new(1, 50, 1), null))
        .Add("GET /configuration-policies/{id}/assignments", "List a policy's assignments", "Newest first.",
            new PagedList<PolicyAssignment>([Assignment], new(1, 50, 1), null))
        .Add("GET /configuration-policies/{id}/resolve-patch-config/{deviceId}", "Show what a device obeys",
            "The device's effective patch settings and by which assignment, whichever policy is named; effective is null when none governs it.",
            One(new ResolvedPatchConfig(PolicyId, DeviceId, true, new(PolicyId, Settings, new(PolicyLevel.Site, SiteId, 10), "Europe/Zurich"))))
        .Add("POST /configuration-policies/schedule-preview", "Preview a schedule",
            "When these settings would run on the clock of a time zone, by the rule that runs policies. Nothing is written. Empty without a schedule.",
            One<IReadOnlyList<ScheduledRun>>([Run]), new { inlineSettings = new { scheduleFrequency = "weekly", scheduleTime = "02:00", scheduleDayOfWeek = "sun" }, timeZone = "Europe/Zurich", count = 5 })
        .Add("GET /configuration-policies/{id}/schedule", "Show when a policy runs",
            "The next runs in each time zone of the sites with devices that its assignments reach, and what became of the last: ran, nobody (it governed no device) or missed.",
            One(new PolicySchedule(PolicyId, [new("Europe/Zurich", [Run], new(At, "2026-03-01T10:00", "ran", [Guid.Parse("0198f6a0-0000-7000-8000-000000000043")]))])))
        .Add("GET /devices/{id}/patch-config", "Show where a device's patch settings come from",
            "What it obeys, and every assignment that reaches it: the one that wins first, then those that would take its place.",
            One(new DevicePatchConfig(
                DeviceId, new(PolicyId, Settings, new(PolicyLevel.Site, SiteId, 10), "Europe/Zurich"),
                [new(PolicyId, "Servers", PolicyLevel.Site, SiteId, "Main street", 10, true)])))
        .Add("GET /patch-policies", "List patch policies (legacy)", "The policies that have patch settings, as before configuration policies. It can no longer be written to.",
            new PagedList<LegacyPatchPolicy>([new(PolicyId, OrgId, null, "Servers", "Sundays at two", Settings, At, At)], new(1, 50, 1), null));

    private static Single<T> One<T>(T one) => new(one);
}
