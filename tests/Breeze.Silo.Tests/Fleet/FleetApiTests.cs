using Breeze.Silo.Tests.Fixture;
using Xunit;

namespace Breeze.Silo.Tests.Fleet;

public abstract class FleetApiTests(SiloFixture silo)
{
    [EngineFact]
    public async Task What_is_made_can_be_read_replaced_and_deleted_and_each_change_has_its_audit_line()
    {
        var world = await FleetWorld.Create(silo);
        var device = await world.NewDevice();
        await Cycle(world, "sites", new { name = "b", timeZone = "Asia/Tokyo" }, new { name = "c" });
        await Cycle(world, "groups", new { name = "b", type = "static", deviceIds = new[] { device.Id } }, new { name = "c" });
        await Cycle(world, "scripts", Script("b"), Script("c"));
        await Cycle(world, "maintenance-windows", Window("b", world.Site), Window("c", world.Site));
        string[] kinds = ["site", "group", "script", "maintenance_window"];
        var expected = kinds.SelectMany(k => new[] { $"{k}.create", $"{k}.update", $"{k}.delete" });
        var audited = (await world.AuditedActions()).Where(a => !a.Contains("refused", StringComparison.Ordinal)).ToList();
        Assert.Equal(expected, audited.Where(a => kinds.Contains(a.Split('.')[0])).Skip(1));
    }

    [EngineFact]
    public async Task A_version_that_no_longer_holds_is_412_and_changes_nothing()
    {
        var world = await FleetWorld.Create(silo);
        var device = await world.NewDevice();
        foreach (var (path, body) in new (string, object)[]
        {
            ($"sites/{world.Site}", new { name = "x" }),
            ($"scripts/{(await FleetWorld.Post(world.Admin, "scripts", Script("s"))).Id()}", Script("x")),
            ($"groups/{(await FleetWorld.Post(world.Admin, "groups", new { name = "s", type = "static" })).Id()}", new { name = "x" }),
            ($"maintenance-windows/{(await FleetWorld.Post(world.Admin, "maintenance-windows", Window("s", world.Site))).Id()}", Window("x", world.Site)),
        })
        {
            var (first, _) = await FleetWorld.Send(world.Admin, "PUT", path, body, "\"1\"");
            Assert.True((int)first == 200, path);
            foreach (var method in new[] { "PUT", "DELETE" })
            {
                var (status, _) = await FleetWorld.Send(world.Admin, method, path, method == "PUT" ? body : null, "\"1\"");
                Assert.True((int)status == 412, $"{method} {path} {(int)status}");
            }
        }

        Assert.Equal(200, (int)(await FleetWorld.Send(world.Admin, "PATCH", $"devices/{device.Id}", new { displayName = "a" }, "\"1\"")).Status);
        Assert.Equal(412, (int)(await FleetWorld.Send(world.Admin, "PATCH", $"devices/{device.Id}", new { displayName = "b" }, "\"1\"")).Status);
        Assert.Equal(412, (int)(await FleetWorld.Send(world.Admin, "DELETE", $"devices/{device.Id}", null, "\"1\"")).Status);
    }

    [EngineFact]
    public async Task Lists_are_newest_first_and_a_cursor_is_not_disturbed_by_what_is_added()
    {
        var world = await FleetWorld.Create(silo);
        var made = new List<Guid>();
        for (var i = 0; i < 5; i++)
        {
            made.Insert(0, (await FleetWorld.Post(world.Technician, "groups", new { name = $"g{i}", type = "static" })).Id());
            await Task.Delay(2);
        }

        var (_, first) = await FleetWorld.Send(world.Viewer, "GET", "groups?limit=2");
        await FleetWorld.Post(world.Technician, "groups", new { name = "late", type = "static" });
        var (_, second) = await FleetWorld.Send(world.Viewer, "GET", $"groups?limit=2&cursor={first.Text("nextCursor")}");
        var (_, third) = await FleetWorld.Send(world.Viewer, "GET", $"groups?limit=2&cursor={second.Text("nextCursor")}");
        Assert.Equal(made, new[] { first, second, third }.SelectMany(p => p.GetProperty("data").EnumerateArray()).Select(JsonData.Id));
        Assert.Null(third.Text("nextCursor"));
        Assert.Equal(6, third.GetProperty("pagination").GetProperty("total").GetInt32());
        var (_, numbered) = await FleetWorld.Send(world.Viewer, "GET", "groups?limit=2&page=3");
        Assert.Equal(2, numbered.GetProperty("data").GetArrayLength());
        var (status, _) = await FleetWorld.Send(world.Viewer, "GET", $"sites?cursor={first.Text("nextCursor")}");
        Assert.Equal(400, (int)status);
    }

    [EngineFact]
    public async Task A_device_is_renamed_tagged_and_given_fields_and_what_is_not_named_stays()
    {
        var world = await FleetWorld.Create(silo);
        var device = await world.NewDevice("<script>alert(1)</script>");
        var path = $"devices/{device.Id}";
        await FleetWorld.Send(world.Technician, "PATCH", path, new { displayName = "Front desk", tags = new[] { "b", "a", "b" }, customFields = new { owner = "kim", rack = 7, spare = true } });
        await FleetWorld.Send(world.Technician, "PATCH", path, """{"customFields":{"spare":null,"rack":8}}""");
        var (_, body) = await FleetWorld.Send(world.Viewer, "GET", path);
        var data = body.GetProperty("data");
        Assert.Equal("<script>alert(1)</script>", data.Text("hostname"));
        Assert.Equal("Front desk", data.Text("displayName"));
        Assert.Equal(["a", "b"], data.GetProperty("tags").EnumerateArray().Select(t => t.GetString()!));
        Assert.Equal("""{"owner":"kim","rack":"8"}""", data.GetProperty("customFields").GetRawText());
        await FleetWorld.Send(world.Technician, "PATCH", path, """{"displayName":null}""");
        (_, body) = await FleetWorld.Send(world.Viewer, "GET", path);
        Assert.Null(body.GetProperty("data").Text("displayName"));
        Assert.Equal(3, (await world.AuditedActions()).Count(a => a == "device.update"));
    }

    [EngineFact]
    public async Task Only_an_admin_moves_a_device_and_only_to_a_site_of_its_organization()
    {
        var world = await FleetWorld.Create(silo);
        var device = await world.NewDevice();
        var other = await world.NewSite();
        var foreign = (await FleetWorld.Create(silo, world.Partner)).Site;
        Assert.Equal(403, (int)(await FleetWorld.Send(world.Technician, "PATCH", $"devices/{device.Id}", new { siteId = other })).Status);
        Assert.Equal(400, (int)(await FleetWorld.Send(world.Admin, "PATCH", $"devices/{device.Id}", new { siteId = foreign })).Status);
        Assert.Equal(200, (int)(await FleetWorld.Send(world.Admin, "PATCH", $"devices/{device.Id}", new { siteId = other })).Status);
    }

    [EngineFact]
    public async Task A_decommissioned_device_is_out_of_lists_and_targets_and_stays_as_it_was()
    {
        var world = await FleetWorld.Create(silo);
        var device = await world.NewDevice();
        var path = $"devices/{device.Id}";
        Assert.Equal(403, (int)(await FleetWorld.Send(world.Technician, "DELETE", path)).Status);
        var (_, gone) = await FleetWorld.Send(world.Admin, "DELETE", path);
        Assert.Equal("decommissioned", gone.GetProperty("data").Text("status"));
        Assert.Equal(400, (int)(await FleetWorld.Send(world.Admin, "DELETE", path)).Status);
        Assert.Equal(400, (int)(await FleetWorld.Send(world.Admin, "PATCH", path, new { displayName = "x" })).Status);
        Assert.Equal(0, (await FleetWorld.Send(world.Viewer, "GET", "devices")).Body.GetProperty("pagination").GetProperty("total").GetInt32());
        Assert.Equal(1, (await FleetWorld.Send(world.Viewer, "GET", "devices?status=decommissioned")).Body.GetProperty("pagination").GetProperty("total").GetInt32());
        var target = await FleetWorld.Post(world.Viewer, "targets/preview", new { targetConfig = new { type = "all" } });
        Assert.Equal(0, target.GetProperty("deviceCount").GetInt32());
        Assert.Equal(1, (await world.AuditedActions()).Count(a => a == "device.decommission"));
    }

    [EngineFact]
    public async Task An_enrolment_key_is_shown_once_and_revoked_for_good()
    {
        var world = await FleetWorld.Create(silo);
        var made = await FleetWorld.Post(world.Admin, "enrollment-keys", new { siteId = world.Site, name = "k", maxUses = 5 });
        Assert.StartsWith("bre_", made.Text("key"), StringComparison.Ordinal);
        var path = $"enrollment-keys/{made.Id()}";
        Assert.Null((await FleetWorld.Send(world.Admin, "GET", path)).Body.GetProperty("data").Text("key"));
        Assert.Equal(403, (int)(await FleetWorld.Send(world.Technician, "GET", path)).Status);
        Assert.NotNull((await FleetWorld.Send(world.Admin, "DELETE", path)).Body.GetProperty("data").Text("revokedAt"));
        Assert.Equal(200, (int)(await FleetWorld.Send(world.Admin, "DELETE", path)).Status);
        Assert.Equal(1, (await world.AuditedActions()).Count(a => a == "enrollment_key.revoke"));
    }

    [EngineFact]
    public async Task Another_organizations_things_are_like_unknown_ones_and_untouched()
    {
        var world = await FleetWorld.Create(silo);
        var sister = await FleetWorld.Create(silo, world.Partner);
        var device = await world.NewDevice();
        var group = (await FleetWorld.Post(world.Admin, "groups", new { name = "g", type = "static" })).Id();
        var script = (await FleetWorld.Post(world.Admin, "scripts", Script("s"))).Id();
        var window = (await FleetWorld.Post(world.Admin, "maintenance-windows", Window("w", world.Site))).Id();
        var key = (await FleetWorld.Post(world.Admin, "enrollment-keys", new { siteId = world.Site, name = "k" })).Id();
        var before = await world.AuditedActions();
        foreach (var (method, path, body) in new (string, string, object?)[]
        {
            ("GET", $"devices/{device.Id}", null), ("PATCH", $"devices/{device.Id}", new { displayName = "x" }), ("DELETE", $"devices/{device.Id}", null),
            ("GET", $"groups/{group}", null), ("GET", $"groups/{group}/devices", null), ("PUT", $"groups/{group}", new { name = "x" }),
            ("PATCH", $"groups/{group}/devices", new { add = Array.Empty<Guid>() }), ("DELETE", $"groups/{group}", null),
            ("GET", $"scripts/{script}", null), ("PUT", $"scripts/{script}", Script("x")), ("DELETE", $"scripts/{script}", null),
            ("GET", $"maintenance-windows/{window}", null), ("PUT", $"maintenance-windows/{window}", Window("x", sister.Site)), ("DELETE", $"maintenance-windows/{window}", null),
            ("GET", $"enrollment-keys/{key}", null), ("DELETE", $"enrollment-keys/{key}", null),
            ("GET", $"sites/{world.Site}", null), ("PUT", $"sites/{world.Site}", new { name = "x" }), ("DELETE", $"sites/{world.Site}", null),
        })
        {
            var foreign = await FleetWorld.Send(sister.Admin, method, path, body);
            var unknown = await FleetWorld.Send(
                sister.Admin, method, string.Join('/', path.Split('/').Select((s, i) => i == 1 ? Guid.CreateVersion7().ToString() : s)), body);
            Assert.True((int)foreign.Status == 404, $"{method} {path}: {(int)foreign.Status}");
            Assert.Equal(unknown.Status, foreign.Status);
            Assert.Equal(unknown.Body.Text("detail"), foreign.Body.Text("detail"));
        }

        foreach (var list in new[] { "devices", "groups", "scripts", "maintenance-windows", "enrollment-keys" })
        {
            Assert.Empty((await FleetWorld.Send(sister.Admin, "GET", list)).Body.GetProperty("data").EnumerateArray());
            Assert.Equal(403, (int)(await FleetWorld.Send(sister.Admin, "GET", $"{list}?orgId={world.Org}")).Status);
            Assert.Equal(403, (int)(await FleetWorld.Send(sister.Admin, "GET", $"{list}?orgId={Guid.CreateVersion7()}")).Status);
        }

        Assert.Equal(403, (int)(await FleetWorld.Send(sister.Admin, "POST", "sites", new { orgId = world.Org, name = "x" })).Status);
        Assert.Equal(before, await world.AuditedActions());
    }

    [EngineFact]
    public async Task A_static_group_takes_devices_in_and_gives_them_back()
    {
        var world = await FleetWorld.Create(silo);
        var one = await world.NewDevice("one");
        var two = await world.NewDevice("two");
        var group = (await FleetWorld.Post(world.Technician, "groups", new { name = "g", type = "static", deviceIds = new[] { one.Id } })).Id();
        await FleetWorld.Send(world.Technician, "PATCH", $"groups/{group}/devices", new { add = new[] { two.Id, two.Id }, remove = new[] { one.Id } });
        var (_, list) = await FleetWorld.Send(world.Viewer, "GET", $"groups/{group}/devices");
        Assert.Equal(two.Id, Assert.Single(list.GetProperty("data").EnumerateArray()).Id());
    }

    [EngineFact]
    public async Task A_site_with_devices_is_not_deleted()
    {
        var world = await FleetWorld.Create(silo);
        await world.NewDevice();
        Assert.Equal(400, (int)(await FleetWorld.Send(world.Admin, "DELETE", $"sites/{world.Site}")).Status);
    }

    private static async Task Cycle(FleetWorld world, string path, object create, object replace)
    {
        var made = await FleetWorld.Post(world.Admin, path, create);
        var (status, body) = await FleetWorld.Send(world.Admin, "PUT", $"{path}/{made.Id()}", replace);
        Assert.True((int)status == 200, $"{path} {body}");
        Assert.Equal("c", body.GetProperty("data").Text("name"));
        var (_, read) = await FleetWorld.Send(world.Viewer, "GET", $"{path}/{made.Id()}");
        Assert.Equal(body.GetProperty("data").ToString(), read.GetProperty("data").ToString());
        Assert.Equal(200, (int)(await FleetWorld.Send(world.Admin, "DELETE", $"{path}/{made.Id()}")).Status);
        Assert.Equal(404, (int)(await FleetWorld.Send(world.Viewer, "GET", $"{path}/{made.Id()}")).Status);
    }

    private static object Script(string name) => new { name, language = "powershell", content = "Write-Output 1", parameters = new[] { new { name = "x", @default = "1" } } };

    private static object Window(string name, Guid site) => new
    {
        name,
        scope = new { level = "site", targetId = site },
        timeZone = "Europe/Zurich",
        startsAt = new DateTimeOffset(2026, 5, 1, 2, 0, 0, TimeSpan.FromHours(2)),
        durationMinutes = 60,
        recurrence = "FREQ=DAILY",
    };
}

[Collection(SiloFixture.Sqlite)]
public sealed class SqliteFleetApiTests(SqliteSilo silo) : FleetApiTests(silo);

[Collection(SiloFixture.Postgres)]
public sealed class PostgresFleetApiTests(PostgresSilo silo) : FleetApiTests(silo);
