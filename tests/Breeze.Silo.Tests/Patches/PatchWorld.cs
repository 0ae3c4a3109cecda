using System.Net;
using System.Text.Json.Nodes;
using Breeze.Contracts.Access;
using Breeze.Contracts.Agents;
using Breeze.Core;
using Breeze.Silo.Agents;
using Breeze.Silo.Storage;
using Breeze.Silo.Tests.Deployments;
using Breeze.Silo.Tests.Fixture;
using Dapper;
using Microsoft.Extensions.DependencyInjection;

namespace Breeze.Silo.Tests.Patches;

/// <summary>A partner's tenants with keys, and devices with agents in this process that report what the test says.</summary>
public sealed class PatchWorld
{
    private readonly SiloFixture _silo;
    private readonly Dictionary<Guid, Guid> _sites = [];

    private PatchWorld(SiloFixture silo, Tenants tenants) => (_silo, Tenants) = (silo, tenants);

    public Tenants Tenants { get; }

    public Guid Org => Tenants.Own;

    public DateTimeOffset Now => _silo.Clock.Now;

    /// <summary>A technician of the organization <see cref="Org"/>.</summary>
    public HttpClient Technician { get; private set; } = null!;

    public HttpClient Partner { get; private set; } = null!;

    public Dictionary<Guid, InProcessAgent> Agents { get; } = [];

    public static async Task<PatchWorld> Create(SiloFixture silo)
    {
        var tenants = await Tenants.Make(silo);
        return new PatchWorld(silo, tenants)
        {
            Technician = await tenants.Client(KeyRole.Technician),
            Partner = await tenants.Client(KeyRole.Technician, KeyScope.Partner),
        };
    }

    /// <summary>A text that no other test uses as an external id.</summary>
    public string Name(string name) => $"{name}-{Org:N}";

    public async Task<Guid> Device(string os = "linux", Guid? org = null, bool online = true) => (await Devices(1, os, org, online))[0];

    public async Task<IReadOnlyList<Guid>> Devices(int count, string os = "linux", Guid? org = null, bool online = true)
    {
        var owner = org ?? Org;
        var site = await Site(owner);
        var ids = Enumerable.Range(0, count).Select(_ => Guid.CreateVersion7()).ToArray();
        await _silo.Database.Write(tx => tx.ExecuteRows(
            """
            insert into devices (id, org_id, site_id, hostname, hostname_key, os_type, os_version, architecture, agent_version, token_hash, enrolled_at)
            select v.device, @owner, @site, v.host, v.host, @os, '1', 'x64', '1.0', v.token, @now from ({rows}) v
            """,
            new Rows()
                .Uuid("device", ids)
                .Text("host", [.. ids.Select(id => $"host-{id:N}")])
                .Text("token", [.. ids.Select(_ => Guid.NewGuid().ToString("N"))]),
            new { owner, site, os, now = _silo.Clock.Now.ToUnixTimeMilliseconds() }));
        var connections = _silo.Services.GetRequiredService<AgentConnections>();
        foreach (var id in ids)
        {
            Agents.Add(id, new InProcessAgent(connections, new DeviceId(id)));
        }

        if (online)
        {
            await Task.WhenAll(ids.Select(id => Agents[id].Connect()));
        }

        return ids;
    }

    /// <summary>A complete report of the distribution's packages, taken.</summary>
    public Task Report(Guid device, IEnumerable<string> available, IEnumerable<string>? installed = null, bool complete = true, string source = "linux") =>
        Report(device, new ReportPatches(
            source, complete, [.. available.Select(a => Reported(a))], [.. (installed ?? []).Select(i => Reported(i))]));

    public async Task Report(Guid device, ReportPatches report)
    {
        var answer = await Agents[device].Report(report);
        Xunit.Assert.Null(answer.Refused);
    }

    public static ReportedPatch Reported(string externalId, string severity = "important") =>
        new(externalId, "Title of " + externalId, "1.1", severity, "1.0", "security", "What it is", false, 1000, new(2026, 2, 1, 0, 0, 0, TimeSpan.Zero));

    /// <summary>The statuses of a device's patches, by external id.</summary>
    public async Task<Dictionary<string, string>> Statuses(Guid device) =>
        (await Technician.Get($"/devices/{device}/patches?limit=200")).Is(HttpStatusCode.OK).Body!["data"]!.AsArray()
            .ToDictionary(p => p!["externalId"]!.GetValue<string>(), p => p!["status"]!.GetValue<string>());

    /// <summary>A patch of the list by its external id; null when it is not there.</summary>
    public async Task<JsonNode?> Find(string externalId, HttpClient? by = null, Guid? org = null) =>
        (await (by ?? Technician).Get($"/patches?search={Uri.EscapeDataString(externalId)}{(org is null ? "" : $"&orgId={org}")}"))
            .Is(HttpStatusCode.OK).Body!["data"]!.AsArray().SingleOrDefault(p => p!["externalId"]!.GetValue<string>() == externalId);

    public async Task<Guid> IdOf(string externalId, HttpClient? by = null) => (await Find(externalId, by))!["id"]!.GetValue<Guid>();

    public Task<IReadOnlyList<string>> Audited(Guid org, string action) => _silo.Database.Read<IReadOnlyList<string>>(async c =>
        (await c.QueryAsync<string>("select details from audit_logs where org_id = @org and action = @action order by seq", new { org, action })).AsList());

    /// <summary>All that a device's rows of patches say, to be compared.</summary>
    public Task<string?> Rows(Guid device) => Scalar<string>(
        "select count(*) || '/' || sum(changed_at) || '/' || sum(statement % 1000) || '/' || sum(status) from device_patches where device_id = @device",
        new { device });

    public Task<T?> Scalar<T>(string sql, object? args = null) => _silo.Database.Read(c => c.ExecuteScalarAsync<T>(sql, args));

    public Task<T> Write<T>(Func<System.Data.Common.DbTransaction, Task<T>> work) => _silo.Database.Write(work);

    private async Task<Guid> Site(Guid org)
    {
        if (!_sites.TryGetValue(org, out var site))
        {
            site = Guid.CreateVersion7();
            _sites.Add(org, site);
            await _silo.Database.Write(tx => tx.Connection!.ExecuteAsync(
                "insert into sites (id, org_id, name, time_zone, created_at) values (@site, @org, 'site', 'UTC', 0)", new { site, org }, tx));
        }

        return site;
    }
}
