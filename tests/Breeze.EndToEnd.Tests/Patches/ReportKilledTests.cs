using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Breeze.EndToEnd.Tests.Processes;
using Breeze.EndToEnd.Tests.Rollouts;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Breeze.EndToEnd.Tests.Patches;

/// <summary>A compliance report whose silo is killed half-way is finished after the next start, whole and once.</summary>
public sealed class ReportKilledTests : IDisposable
{
    private const int Devices = 300;
    private const int PatchesEach = 500;

    private readonly string _folder = Directory.CreateTempSubdirectory("breeze-report-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_report_whose_silo_is_killed_is_finished_by_the_next()
    {
        await using var silo = await SiloProcess.Start(_folder);
        var tenant = await TestTenant.Create(silo.Client);
        using var http = new HttpClient { BaseAddress = silo.Address };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await silo.AdminKey());
        await Seed(tenant.OrgId);

        var requested = await Data(http, $"/api/v1/patches/compliance/report?orgId={tenant.OrgId}", "reportId");
        var id = requested.GetGuid();
        await Until(http, id, "running", TimeSpan.FromSeconds(30));
        await silo.Kill();
        await silo.Start();
        var report = await Until(http, id, "completed", TimeSpan.FromSeconds(120));
        Assert.Equal(Devices * PatchesEach, report.GetProperty("rowCount").GetInt32());
        var file = await http.GetStringAsync(new Uri($"/api/v1/patches/compliance/report/{id}/download", UriKind.Relative));
        Assert.Equal((Devices * PatchesEach) + 1, file.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length);

        await using var database = new SqliteConnection($"Data Source={Path.Combine(_folder, "silo", "breeze.db")};Mode=ReadOnly;Pooling=false");
        Assert.Equal(2, await database.ExecuteScalarAsync<int>("select run from compliance_reports"));
        Assert.Equal(0, await database.ExecuteScalarAsync<int>("select count(*) from compliance_report_chunks where run = 1"));
    }

    // As reports would have left it, in a second instead of minutes.
    private async Task Seed(Guid org)
    {
        await using var database = new SqliteConnection($"Data Source={Path.Combine(_folder, "silo", "breeze.db")};Pooling=false;Default Timeout=30");
        await database.OpenAsync();
        await database.ExecuteAsync(
            $"""
            create temp table numbers as with recursive n(i) as (select 0 union all select i + 1 from n where i < 999) select i from n;
            begin immediate;
            insert into patches (id, source, external_id, created_at)
              select printf('00000000-0000-7000-8000-%012d', i), 3, 'package-' || i, 0 from numbers where i < {PatchesEach};
            insert into org_patches (org_id, patch_id, source, external_id, title, title_key, severity, os_types, created_at, changed_at)
              select @org, id, 3, external_id, 'Title of ' || external_id, external_id, 2, 4, 0, 0 from patches;
            insert into devices (id, org_id, site_id, hostname, hostname_key, os_type, os_version, architecture, agent_version, token_hash, enrolled_at)
              select printf('00000000-0000-7000-9000-%012d', i), @org, (select id from sites where org_id = @org), 'host-' || i, 'host-' || i, 'linux', '1', 'x64', '1', 'h' || i, 0
              from numbers where i < {Devices};
            insert into device_patches (device_id, patch_id, org_id, source, status, offered, first_seen_at, changed_at)
              select d.id, p.id, @org, 3, 2, 0, 0, 0 from devices d cross join patches p where d.org_id = @org;
            insert into device_patch_totals (device_id, org_id, installed) select d.id, @org, {PatchesEach} from devices d where d.org_id = @org;
            insert into org_patch_counts (org_id, patch_id, slot, installed) select @org, id, 0, {Devices} from patches;
            commit;
            """,
            new { org });
    }

    private static async Task<JsonElement> Data(HttpClient http, string path, string member) =>
        (await http.GetFromJsonAsync<JsonElement>(new Uri(path, UriKind.Relative))).GetProperty(member).Clone();

    private static async Task<JsonElement> Until(HttpClient http, Guid id, string status, TimeSpan within)
    {
        JsonElement report = default;
        for (var waited = TimeSpan.Zero; waited < within; waited += TimeSpan.FromMilliseconds(20))
        {
            report = await Data(http, $"/api/v1/patches/compliance/report/{id}", "data");
            if (report.GetProperty("status").GetString() == status)
            {
                return report;
            }

            await Task.Delay(20);
        }

        throw new TimeoutException($"Report {id}: not {status} within {within}; it is {report}.");
    }
}
