using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Breeze.Contracts;
using Breeze.Core.Fleet;
using Breeze.Silo.Storage;
using Breeze.Silo.Tests.Fixture;
using Dapper;
using Xunit;

namespace Breeze.Silo.Tests.Fleet;

/// <summary>An organization of a test's own, with keys of each role, sites and devices.</summary>
public sealed class FleetWorld
{
    private readonly SiloFixture _silo;

    private FleetWorld(SiloFixture silo) => _silo = silo;

    public Guid Partner { get; private init; }

    public Guid Org { get; private init; }

    public Guid Site { get; private set; }

    public HttpClient Admin => field ??= Key("admin");

    public HttpClient Technician => field ??= Key("technician");

    public HttpClient Viewer => field ??= Key("viewer");

    public static async Task<FleetWorld> Create(SiloFixture silo, Guid? partner = null)
    {
        var mine = partner ?? (await Post(silo.Admin, "partners", new { name = "partner" })).Id();
        var org = (await Post(silo.Admin, "organizations", new { name = "org", partnerId = mine })).Id();
        var world = new FleetWorld(silo) { Partner = mine, Org = org };
        world.Site = await world.NewSite();
        return world;
    }

    public async Task<Guid> NewSite(string zone = "UTC") => (await Post(_silo.Admin, "sites", new { orgId = Org, name = "site", timeZone = zone })).Id();

    /// <summary>Puts devices into the database, as enrolment and presence would have left them.</summary>
    public async Task Insert(IReadOnlyList<TestDevice> devices)
    {
        var now = _silo.Clock.Now.ToUnixTimeMilliseconds();
        await _silo.Database.Write(async tx =>
        {
            await tx.Connection!.ExecuteAsync(
                """
                insert into silo_leases (silo_id, home, lease_until, started_at, ended_at) values
                  ('test-alive', 'test', 9000000000000, 0, null), ('test-dead', 'test', @dead, 0, @dead) on conflict do nothing
                """,
                new { dead = TestDevice.DeadSiloEnded.ToUnixTimeMilliseconds() },
                tx);
            await tx.ExecuteRows(
                """
                insert into devices (id, org_id, site_id, hostname, hostname_key, display_name, display_name_key, os_type, os_version, architecture,
                  agent_version, token_hash, enrolled_at, decommissioned_at, silo_id, disconnected_at)
                select v.id, @org, v.site, v.hostname, v.hostname_key, v.display_name, v.display_name_key, v.os_type, v.os_version, v.architecture,
                  v.agent_version, v.hash, v.enrolled_at, v.decommissioned_at, v.silo_id, v.disconnected_at from ({rows}) v
                """,
                new Rows()
                    .Uuid("id", [.. devices.Select(d => d.Id)])
                    .Uuid("site", [.. devices.Select(d => d.Site ?? Site)])
                    .Text("hostname", [.. devices.Select(d => d.Hostname)])
                    .Text("hostname_key", [.. devices.Select(d => Hostnames.Key(d.Hostname))])
                    .Text("display_name", [.. devices.Select(d => d.DisplayName)])
                    .Text("display_name_key", [.. devices.Select(d => d.DisplayName is null ? null : Hostnames.Key(d.DisplayName))])
                    .Text("os_type", [.. devices.Select(d => d.OsType)])
                    .Text("os_version", [.. devices.Select(d => d.OsVersion)])
                    .Text("architecture", [.. devices.Select(d => d.Architecture)])
                    .Text("agent_version", [.. devices.Select(d => d.AgentVersion)])
                    .Text("hash", [.. devices.Select(d => d.Id.ToString("N"))])
                    .BigInt("enrolled_at", [.. devices.Select(d => d.EnrolledAt.ToUnixTimeMilliseconds())])
                    .BigInt("decommissioned_at", [.. devices.Select(d => d.Decommissioned ? now : (long?)null)])
                    .Text("silo_id", [.. devices.Select(d => d.SiloId)])
                    .BigInt("disconnected_at", [.. devices.Select(d => d.DisconnectedAt?.ToUnixTimeMilliseconds())]),
                new { org = Org });
            var tags = devices.SelectMany(d => d.Tags.Select(t => (d.Id, t))).ToArray();
            await tx.ExecuteRows(
                "insert into device_tags (device_id, tag) select v.id, v.tag from ({rows}) v",
                new Rows().Uuid("id", [.. tags.Select(t => t.Id)]).Text("tag", [.. tags.Select(t => t.t)]));
            var groups = devices.SelectMany(d => d.Groups.Select(g => (d.Id, g))).ToArray();
            await tx.ExecuteRows(
                "insert into device_group_members (group_id, device_id) select v.g, v.id from ({rows}) v",
                new Rows().Uuid("id", [.. groups.Select(t => t.Id)]).Uuid("g", [.. groups.Select(t => t.g)]));
            foreach (var (device, field) in devices.SelectMany(d => d.Fields.Select(f => (d, f))))
            {
                await tx.Connection!.ExecuteAsync(
                    "insert into device_fields (device_id, name, value, number) values (@id, @name, @value, @number)",
                    new { id = device.Id, name = field.Key, value = field.Value, number = CustomFields.NumberOf(field.Value) },
                    tx);
            }

            return 0;
        });
    }

    public async Task<TestDevice> NewDevice(string hostname = "host")
    {
        var device = new TestDevice { Hostname = hostname };
        await Insert([device]);
        return device;
    }

    /// <summary>Posts a body and gives back <c>data</c>; fails on any status but 2xx.</summary>
    public static async Task<JsonElement> Post(HttpClient client, string path, object body)
    {
        using var answer = await client.PostAsync("/api/v1/" + path, Json(body));
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"POST {path}: {(int)answer.StatusCode} {text}");
        return JsonDocument.Parse(text).RootElement.GetProperty("data");
    }

    /// <summary>Sends anything; the status, and the body as JSON (undefined when it is empty).</summary>
    public static async Task<(HttpStatusCode Status, JsonElement Body)> Send(
        HttpClient client, string method, string path, object? body = null, string? ifMatch = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), "/api/v1/" + path) { Content = body is null ? null : Json(body) };
        if (ifMatch is not null)
        {
            request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        }

        using var answer = await client.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        return (answer.StatusCode, text.Length == 0 ? default : JsonDocument.Parse(text).RootElement);
    }

    /// <summary>A table's rows of this organization, for "nothing changed".</summary>
    public Task<long> Count(string table) => _silo.Database.Read(c => c.ExecuteScalarAsync<long>($"select count(*) from {table} where org_id = @Org", new { Org }));

    public Task<IReadOnlyList<string>> AuditedActions() => _silo.Database.Read(async c =>
        (IReadOnlyList<string>)(await c.QueryAsync<string>(
            "select case when result = 'ok' then action else action || ' refused' end from audit_logs where org_id = @Org order by seq", new { Org })).AsList());

    private HttpClient Key(string role) => _silo.Client(KeyText(role));

    private string KeyText(string role)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/api-keys") { Content = Json(new { name = role, scope = "org", orgId = Org, role }) };
        using var answer = _silo.Admin.Send(request);
        using var reader = new StreamReader(answer.Content.ReadAsStream());
        var text = reader.ReadToEnd();
        Assert.True(answer.IsSuccessStatusCode, text);
        return JsonDocument.Parse(text).RootElement.GetProperty("data").GetProperty("key").GetString()!;
    }

    private static HttpContent Json(object body) => body is string text
        ? new StringContent(text, Encoding.UTF8, "application/json")
        : JsonContent.Create(body, body.GetType(), options: BreezeJson.Options);
}

internal static class JsonData
{
    public static Guid Id(this JsonElement data) => data.GetProperty("id").GetGuid();

    public static string? Text(this JsonElement data, string member) => data.GetProperty(member).GetString();
}
