using System.Text.Json;
using Breeze.Contracts;
using Breeze.Contracts.Agents;
using Breeze.Contracts.Fleet;
using Breeze.Silo.Hosting;

namespace Breeze.Silo.Fleet;

/// <summary>The descriptions of the fleet's routes in OpenAPI.</summary>
internal static class FleetDocs
{
    private static readonly DateTimeOffset At = new(2026, 3, 1, 9, 0, 0, TimeSpan.Zero);
    private static readonly Guid OrgId = Guid.Parse("0198f6a0-0000-7000-8000-000000000002");
    private static readonly Guid DeviceId = Guid.Parse("0198f6a0-0000-7000-8000-000000000011");
    private static readonly Site Site = new(Guid.Parse("0198f6a0-0000-7000-8000-000000000010"), OrgId, "Main street", "Europe/Berlin", At);

    private static readonly Device Device = new(
        DeviceId, OrgId, Site.Id, "front-desk-1", "Front desk", DeviceStatus.Online, OsType.Linux, "6.1", "x64", "0.1.0",
        ["reception"], new Dictionary<string, string> { ["asset"] = "A-1041" }, At, At, null, Site.Name, 3);

    private static readonly object Filter = new
    {
        @operator = "AND",
        conditions = new object[]
        {
            new { field = "osType", @operator = "equals", value = "linux" },
            new { field = "tags", @operator = "hasAny", value = new[] { "reception" } },
        },
    };

    private static readonly Group Group = new(
        Guid.Parse("0198f6a0-0000-7000-8000-000000000012"), OrgId, "Reception", GroupType.Dynamic, JsonSerializer.SerializeToElement(Filter), 12, At);

    private static readonly Script Script = new(
        Guid.Parse("0198f6a0-0000-7000-8000-000000000013"), OrgId, "Clean temporary files", ScriptLanguage.Bash, "rm -rf \"$DIRECTORY\"/*.tmp",
        [new("DIRECTORY", "/var/tmp/app", false)], 300, At, At);

    private static readonly EnrollmentKey Key = new(
        Guid.Parse("0198f6a0-0000-7000-8000-000000000014"), OrgId, Site.Id, "Spring roll-in", 50, 0, At, At.AddDays(30), null, null, Site.Name);

    private static readonly MaintenanceWindow Window = new(
        Guid.Parse("0198f6a0-0000-7000-8000-000000000015"), OrgId, null, "Nights",
        new() { Level = WindowLevel.Organization, TargetId = OrgId }, "Europe/Berlin", At.AddHours(12), 240, "FREQ=DAILY", true, false, false, At.AddHours(12), At, "Contoso HQ");

    private static readonly object WindowBody = new
    {
        Window.Name,
        scope = new { level = "organization", targetId = OrgId },
        Window.TimeZone,
        Window.StartsAt,
        Window.DurationMinutes,
        Window.Recurrence,
        Window.AllowsDeployments,
        Window.SuppressesPatching,
    };

    private static readonly object ScriptBody = new
    {
        orgId = OrgId,
        Script.Name,
        language = "bash",
        Script.Content,
        parameters = new[] { new { name = "DIRECTORY", @default = "/var/tmp/app", required = false } },
        Script.TimeoutSeconds,
    };

    public static RouteDocs All { get; } = Previews(Windows(Keys(Scripts(Groups(Devices(Sites(new())))))));

    private static PagedList<T> Page<T>(T one) => new([one], new(1, 50, 1), null);

    private static Single<T> One<T>(T one) => new(one);

    private static RouteDocs Sites(RouteDocs docs) => docs
        .Add("GET /sites", "List sites", "The sites of the key's reach, newest first; orgId narrows to one organization.", Page(Site))
        .Add("GET /sites/{id}", "Get a site", "One site; 404 when it is unknown or out of reach.", One(Site))
        .Add("POST /sites", "Create a site", "Makes a place of an organization. Its time zone is an IANA name, UTC when none is given.",
            One(Site), new { orgId = OrgId, Site.Name, Site.TimeZone }, 201)
        .Add("PUT /sites/{id}", "Replace a site", "Sets name and time zone. If-Match refuses with 412 when it was changed since.",
            One(Site), new { Site.Name, Site.TimeZone })
        .Add("DELETE /sites/{id}", "Delete a site", "Removes a site that has no devices and no enrolment keys left; 400 while it has.", One(Site));

    private static RouteDocs Devices(RouteDocs docs) => docs
        .Add("GET /devices", "List devices",
            "By orgId, siteId, groupId, status, search and filter, in the order of sort. Decommissioned devices show only with status=decommissioned, or a filter that asks for them.", Page(Device))
        .Add("GET /devices/{id}", "Get a device", "One device with its tags, fields and whether it is online now.", One(Device))
        .Add("PATCH /devices/{id}", "Change a device", "Sets the members that are given: displayName, tags, customFields (null removes one), siteId.",
            One(Device), new { displayName = "Front desk", tags = Device.Tags })
        .Add("DELETE /devices/{id}", "Decommission a device", "Takes it out of service for good and ends its connection. A repeat changes nothing.", One(Device));

    private static RouteDocs Groups(RouteDocs docs) => docs
        .Add("GET /groups", "List groups", "The device groups of the key's reach, newest first.", Page(Group))
        .Add("GET /groups/{id}", "Get a group", "One group and how many devices are in it at this moment.", One(Group))
        .Add("GET /groups/{id}/devices", "List a group's devices", "The devices that are in the group at this moment, newest first.", Page(Device))
        .Add("POST /groups", "Create a group", "A static group names its devices; a dynamic one has a filter and is right whenever it is asked.",
            One(Group), new { orgId = OrgId, Group.Name, type = "dynamic", filter = Filter }, 201)
        .Add("PUT /groups/{id}", "Replace a group", "Sets name and devices or filter. The type stays. If-Match refuses with 412 when it was changed since.",
            One(Group), new { Group.Name, filter = Filter })
        .Add("PATCH /groups/{id}/devices", "Change a group's devices", "Puts devices into a static group and takes others out; 400 for a dynamic one.",
            One(Group with { Type = GroupType.Static, Filter = null }), new { add = new[] { DeviceId } })
        .Add("DELETE /groups/{id}", "Delete a group", "Removes the group; its devices stay.", One(Group));

    private static RouteDocs Scripts(RouteDocs docs) => docs
        .Add("GET /scripts", "List scripts", "Without their text, newest first.", Page(Script with { Content = null }))
        .Add("GET /scripts/{id}", "Get a script", "One script with its text.", One(Script))
        .Add("POST /scripts", "Create a script", "At most 256 KB. Parameters reach the script as environment variables, never spliced into its text.",
            One(Script), ScriptBody, 201)
        .Add("PUT /scripts/{id}", "Replace a script", "Sets all of it. Deployments that are initialized keep the text they had.", One(Script), ScriptBody)
        .Add("DELETE /scripts/{id}", "Delete a script", "Removes it; initialized deployments keep the text they had.", One(Script));

    private static RouteDocs Keys(RouteDocs docs) => docs
        .Add("GET /enrollment-keys", "List enrolment keys", "Without their texts, newest first.", Page(Key))
        .Add("GET /enrollment-keys/{id}", "Get an enrolment key", "One key without its text, and how often it was used.", One(Key))
        .Add("POST /enrollment-keys", "Create an enrolment key", "Devices enrol into the site with it. Its text is in this answer only.",
            One(Key with { Key = "bre_EXAMPLE-not-a-key" }), new { siteId = Site.Id, Key.Name, Key.ExpiresAt, Key.MaxUses }, 201)
        .Add("DELETE /enrollment-keys/{id}", "Revoke an enrolment key", "No device enrols with it from now on; those that did stay. A repeat changes nothing.",
            One(Key with { RevokedAt = At }));

    private static RouteDocs Windows(RouteDocs docs) => docs
        .Add("GET /maintenance-windows", "List maintenance windows", "The windows of the key's reach, newest first.", Page(Window))
        .Add("GET /maintenance-windows/occurrences", "List the openings of maintenance windows",
            "Those that overlap a span of at most 62 days, the earliest first, 2,000 at most; truncated says that there are more.",
            new WindowOccurrences(
                [new(Window.Id, Window.Name, At.AddHours(12), At.AddHours(16), true, false, Window.Scope, "Contoso HQ", Window.TimeZone)], false))
        .Add("GET /maintenance-windows/{id}", "Get a maintenance window", "One window, whether it is open, and when it opens next.", One(Window))
        .Add("POST /maintenance-windows", "Create a maintenance window",
            "A start in a time zone, a duration, and an RFC 5545 recurrence. Deployments that respect windows run only inside one that allows them.",
            One(Window), WindowBody, 201)
        .Add("PUT /maintenance-windows/{id}", "Replace a maintenance window", "Sets all of it. If-Match refuses with 412 when it was changed since.",
            One(Window), WindowBody)
        .Add("DELETE /maintenance-windows/{id}", "Delete a maintenance window", "Removes it; what already runs inside it goes on.", One(Window));

    private static RouteDocs Previews(RouteDocs docs) => docs
        .Add("POST /filters/preview", "Preview a filter",
            "Counts who matches now and shows the first. At most 5 levels and 100 conditions; an unknown field or operator is 400 naming it.",
            One(new FilterPreview(1, [Device])), new { orgId = OrgId, filter = Filter, limit = 10 })
        .Add("POST /targets/preview", "Preview a target", "Counts the devices that a deployment's target means now, and with respectMaintenanceWindows those outside their windows. Nothing is written.",
            One(new TargetPreview(12, 3, [new(DeviceId, "not_found")], 1, 4)),
            new { orgId = OrgId, targetConfig = new { type = "all" }, respectMaintenanceWindows = true });
}
