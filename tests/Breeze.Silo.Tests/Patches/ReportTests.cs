using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Breeze.Contracts.Access;
using Breeze.Contracts.Agents;
using Breeze.Contracts.Patches;
using Breeze.Core.Access;
using Breeze.Silo.Compliance;
using Breeze.Silo.Tests.Fixture;
using CsvHelper;
using Dapper;
using SkiaSharp;
using Xunit;

namespace Breeze.Silo.Tests.Patches;

/// <summary>Compliance reports: each sentence of the document about them, and what the contract adds.</summary>
public abstract class ReportTests(SiloFixture silo)
{
    private static readonly string[] Shown = ["pending", "installed", "failed", "skipped", "missing"];

    [EngineFact]
    public async Task A_report_goes_from_pending_to_completed_and_is_downloaded_as_CSV()
    {
        var world = await Seeded();
        var created = (await world.Technician.Get($"/patches/compliance/report?orgId={world.Org}&format=csv")).Is(HttpStatusCode.OK).Body!;
        Assert.Equal(["reportId", "status"], created.AsObject().Select(m => m.Key));
        Assert.Equal("pending", created["status"]!.GetValue<string>());
        var report = await Completed(world, created["reportId"]!.GetValue<Guid>());
        Assert.Equal(5, report["rowCount"]!.GetValue<int>());
        Assert.Equal(2, report["summary"]!["devices"]!.GetValue<int>());
        Assert.NotNull(report["startedAt"]);
        Assert.NotNull(report["completedAt"]);
        Assert.Null(report["errorMessage"]);
        Assert.Equal(world.Now, report["asOf"]!.GetValue<DateTimeOffset>());
        var (type, lines) = await Csv(world, report);
        Assert.Equal("text/csv; charset=utf-8", type);
        Assert.Equal(5, lines.Count);
        var line = lines.Single(l => l["externalId"] == world.Name("ssl"));
        Assert.Equal(("critical", "pending", "linux", "pending"), (line["severity"], line["status"], line["osType"], line["approvalStatus"]));
        Assert.Contains("compliance_report", Assert.Single(await world.Audited(world.Org, "compliance_report.create")) + "compliance_report", StringComparison.Ordinal);
    }

    [EngineFact]
    public async Task A_report_and_the_live_summary_count_alike_whatever_they_are_narrowed_to()
    {
        var world = await Seeded();
        foreach (var query in new[] { "", "&source=linux", "&severity=critical", "&source=microsoft&severity=critical", "&source=custom" })
        {
            var live = (await world.Technician.Get($"/patches/compliance?orgId={world.Org}{query}")).Is(HttpStatusCode.OK).Data;
            foreach (var format in new[] { "csv", "pdf" })
            {
                var report = await Completed(world, await Request(world.Technician, $"orgId={world.Org}{query}&format={format}"));
                Assert.Equal(live["counts"]!.ToJsonString(), report["summary"]!["counts"]!.ToJsonString());
                Assert.Equal(live["compliancePercent"]!.ToJsonString(), report["summary"]!["compliancePercent"]!.ToJsonString());
                Assert.Equal(live["total"]!.ToJsonString(), report["rowCount"]!.ToJsonString());
                if (format == "csv")
                {
                    var lines = (await Csv(world, report)).Lines;
                    Assert.All(Shown, status => Assert.Equal(live["counts"]![status]!.GetValue<int>(), lines.Count(l => l["status"] == status)));
                }
            }
        }
    }

    [EngineFact]
    public async Task A_download_before_completion_is_409()
    {
        var world = await Seeded();
        var id = Guid.CreateVersion7();
        await Insert(world, id, status: 2, run: 1, format: 1);
        (await world.Technician.Get($"/patches/compliance/report/{id}/download")).Is(HttpStatusCode.Conflict);
        var report = (await world.Technician.Get($"/patches/compliance/report/{id}")).Is(HttpStatusCode.OK).Data;
        Assert.Equal("running", report["status"]!.GetValue<string>());
        Assert.Null(report["rowCount"]);
        Assert.Null(report["summary"]);
    }

    [EngineFact]
    public async Task A_report_whose_silo_died_is_finished_by_whoever_looks_next()
    {
        var world = await Seeded();
        var id = Guid.CreateVersion7();
        await Insert(world, id, status: 2, run: 1, format: 1);
        await world.Write(tx => tx.Connection!.ExecuteAsync(
            "insert into compliance_report_chunks (report_id, run, chunk, body) values (@id, 1, 0, @body)", new { id, body = "half"u8.ToArray() }, tx));
        var report = await Completed(world, id);
        Assert.Equal(5, (await Csv(world, report)).Lines.Count);
        Assert.Equal(0, await world.Scalar<int>("select count(*) from compliance_report_chunks where report_id = @id and run = 1", new { id }));
    }

    [EngineFact]
    public async Task What_a_run_that_was_overtaken_still_writes_goes_nowhere()
    {
        var world = await Seeded();
        var id = Guid.CreateVersion7();
        await Insert(world, id, status: 2, run: 7, format: 1);
        var store = (ReportStore)silo.Services.GetService(typeof(ReportStore))!;
        Assert.False(await store.Add(id, 6, 0, [1]));
        await store.Complete(id, 6, world.Now, 99, new(1m, new(0, 0, 0, 0, 0), 0));
        await store.Fail(id, 6, "late");
        Assert.NotEqual("failed", await Status(world, id));
        Assert.Equal(5, (await Completed(world, id))["rowCount"]!.GetValue<int>());
    }

    [EngineFact]
    public async Task Reports_of_others_are_404_like_unknown_ones()
    {
        var world = await Seeded();
        var own = await Request(world.Technician, "");
        await Completed(world, own);
        using var stranger = silo.Client(await (await Tenants.Make(silo)).Key(KeyRole.Admin));
        foreach (var tail in new[] { "", "/download" })
        {
            var unknown = (await stranger.Get($"/patches/compliance/report/{Guid.NewGuid()}{tail}")).Is(HttpStatusCode.NotFound);
            Assert.Equal(unknown.Comparable, (await stranger.Get($"/patches/compliance/report/{own}{tail}")).Is(HttpStatusCode.NotFound).Comparable);
        }

        // The partner sees its organization's; what covers all of the partner's is not the organization's to see.
        (await world.Partner.Get($"/patches/compliance/report/{own}")).Is(HttpStatusCode.OK);
        var union = await Request(world.Partner, "");
        (await world.Technician.Get($"/patches/compliance/report/{union}")).Is(HttpStatusCode.NotFound);
        (await world.Technician.Get($"/patches/compliance/report?orgId={world.Tenants.Sister}")).Is(HttpStatusCode.Forbidden);
        using var viewer = await world.Tenants.Client(KeyRole.Viewer);
        (await viewer.Get("/patches/compliance/report")).Is(HttpStatusCode.Forbidden);
        (await viewer.Get($"/patches/compliance/report/{own}/download")).Is(HttpStatusCode.OK);
    }

    [EngineFact]
    public async Task A_partners_report_has_the_lines_of_all_its_organizations_and_of_no_others()
    {
        var world = await Seeded();
        await world.Report(await world.Device(org: world.Tenants.Sister), [world.Name("sister")]);
        await world.Report(await world.Device(org: world.Tenants.Foreign), [world.Name("foreign")]);
        var report = await Completed(world, await Request(world.Partner, ""), world.Partner);
        var lines = (await Csv(world, report, world.Partner)).Lines;
        Assert.Equal(6, lines.Count);
        Assert.Contains(lines, l => l["externalId"] == world.Name("sister"));
        Assert.DoesNotContain(lines, l => l["externalId"] == world.Name("foreign"));
    }

    [EngineFact]
    public async Task Twenty_unfinished_reports_of_an_organization_are_as_many_as_it_may_have()
    {
        var world = await Seeded();
        foreach (var _ in Enumerable.Range(0, 20))
        {
            await Insert(world, Guid.CreateVersion7(), status: 2, run: 1, format: 1);
        }

        var path = $"/patches/compliance/report?orgId={world.Org}";
        Assert.Contains("not finished", (await world.Technician.Get(path)).Is(HttpStatusCode.Conflict).Error, StringComparison.Ordinal);
        (await world.Partner.Get($"/patches/compliance/report?orgId={world.Tenants.Sister}")).Is(HttpStatusCode.OK);
        await world.Write(tx => tx.Connection!.ExecuteAsync("update compliance_reports set status = 4 where scope_id = @Org", new { world.Org }, tx));
        (await world.Technician.Get(path)).Is(HttpStatusCode.OK);
    }

    [EngineFact]
    public async Task The_same_idempotency_key_is_one_report()
    {
        var world = await Seeded();
        var key = Guid.NewGuid().ToString();
        var path = $"/patches/compliance/report?orgId={world.Org}";
        var first = (await world.Technician.Send(HttpMethod.Get, path, null, key)).Is(HttpStatusCode.OK);
        Assert.Equal(first.Body!.ToJsonString(), (await world.Technician.Send(HttpMethod.Get, path, null, key)).Is(HttpStatusCode.OK).Body!.ToJsonString());
        (await world.Technician.Send(HttpMethod.Get, path + "&source=linux", null, key)).Is(HttpStatusCode.UnprocessableEntity);
        Assert.NotEqual(first.Body!.ToJsonString(), (await world.Technician.Get(path)).Body!.ToJsonString());
        Assert.Equal(2, (await world.Audited(world.Org, "compliance_report.create")).Count(d => !d.Contains("requestId", StringComparison.Ordinal)));
    }

    public static TheoryData<string, string> Malformed => new()
    {
        { "format=xlsx", "format" },
        { "source=gentoo", "source" },
        { "severity=dire", "severity" },
        { "orgId=x", "orgId" },
    };

    [EngineFact]
    public async Task A_malformed_request_is_400_and_makes_nothing()
    {
        var world = await Seeded();
        foreach (var row in Malformed)
        {
            var reply = (await world.Technician.Get($"/patches/compliance/report?{row[0]}")).Is(HttpStatusCode.BadRequest);
            Assert.NotNull(reply.Body!["errors"]![(string)row[1]]);
        }

        Assert.Equal(0, await world.Scalar<int>("select count(*) from compliance_reports where scope_id = @org", new { org = world.Org }));
    }

    /// <summary>What a spreadsheet would run, and how the cell begins instead.</summary>
    private static readonly string[] Formulas = ["=cmd|'/c calc'!A1", "@SUM(1)", "+1+1", "-2+3", "\t=1", "|calc", "%0A", "\uFF1D1+1", "plain"];

    [EngineFact]
    public async Task Cells_that_a_spreadsheet_would_run_are_defused()
    {
        var world = await PatchWorld.Create(silo);
        var device = await world.Device();
        await world.Write(tx => tx.Connection!.ExecuteAsync("update devices set display_name = '=HYPERLINK(\"x\")' where id = @device", new { device }, tx));
        await world.Report(device, new ReportPatches("linux", true, [.. Formulas.Select((f, i) => new ReportedPatch(world.Name($"p{i}"), f.Trim('\t') + ",\"x\"\r\n", Description: f))], []));
        var report = await Completed(world, await Request(world.Technician, ""));
        var lines = (await Csv(world, report)).Lines;
        Assert.All(lines, l => Assert.StartsWith("'=HYPERLINK", l["displayName"], StringComparison.Ordinal));
        Assert.All(lines, l => Assert.True(l["title"][0] is '\'' or 'p', l["title"]));
        Assert.Single(lines, l => l["title"].StartsWith("plain", StringComparison.Ordinal));
    }

    [EngineFact]
    public async Task A_report_of_many_pages_and_pieces_has_every_line_once_in_the_order_of_hostnames()
    {
        var world = await PatchWorld.Create(silo);
        var devices = await world.Devices(40);
        await Task.WhenAll(devices.Select(d => world.Report(d, Enumerable.Range(0, 350).Select(i => world.Name($"package-with-a-long-name-{i:D4}")), [])));
        var report = await Completed(world, await Request(world.Technician, ""));
        Assert.Equal(14_000, report["rowCount"]!.GetValue<int>());
        var lines = (await Csv(world, report)).Lines;
        Assert.Equal(14_000, lines.Select(l => l["deviceId"] + l["externalId"]).Distinct().Count());
        Assert.Equal(lines.Select(l => l["hostname"]).Order(StringComparer.Ordinal), lines.Select(l => l["hostname"]));
        Assert.True(await world.Scalar<int>("select count(*) from compliance_report_chunks where report_id = @id", new { id = report["id"]!.GetValue<Guid>() }) > 1);
    }

    [EngineFact]
    public async Task A_PDF_has_the_summary_and_the_worst_devices()
    {
        var world = await Seeded();
        var report = await Completed(world, await Request(world.Technician, "format=pdf"));
        var file = await world.Technician.GetAsync($"/api/v1/patches/compliance/report/{report["id"]}/download");
        Assert.Equal("application/pdf", file.Content.Headers.ContentType!.MediaType);
        var bytes = await file.Content.ReadAsByteArrayAsync();
        Assert.StartsWith("%PDF-", Encoding.ASCII.GetString(bytes[..8]), StringComparison.Ordinal);
        Assert.Contains("/Count 2", Encoding.Latin1.GetString(bytes), StringComparison.Ordinal);
    }

    [EngineFact]
    public async Task Old_reports_are_forgotten_with_their_files()
    {
        var world = await Seeded();
        var id = await Request(world.Technician, "");
        await Completed(world, id);
        await world.Write(tx => tx.Connection!.ExecuteAsync(
            "update compliance_reports set created_at = @old where id = @id", new { id, old = world.Now.AddDays(-32).ToUnixTimeMilliseconds() }, tx));
        await silo.Clock.AdvanceUntil(
            "the old report", async () => (await Gone(), id), TimeSpan.FromHours(2));
        Assert.Equal(0, await world.Scalar<int>("select count(*) from compliance_report_chunks where report_id = @id", new { id }));

        // The sweep is real work on a clock that jumps: it is given a moment after each step.
        async Task<bool> Gone()
        {
            await Task.Delay(50);
            return (await world.Technician.Get($"/patches/compliance/report/{id}")).Status == HttpStatusCode.NotFound;
        }
    }

    /// <summary>Not a test of looks: set BREEZE_PDF_PAGES to a directory and look at them.</summary>
    [EngineFact]
    public void The_pages_can_be_drawn_whatever_the_names_are()
    {
        var figures = new ComplianceSummary(
            87.43m, 48_231, new(4210, 42_168, 512, 101, 1240),
            [new("microsoft", 84.2m, new(2000, 15_000, 300, 50, 464)), new("linux", 91.7m, new(1500, 20_000, 112, 21, 180)), new("third_party", 78m, new(710, 7168, 100, 30, 596))],
            [new("critical", 92.1m, new(210, 5000, 100, 10, 109)), new("important", 88m, new(1000, 14_000, 300, 50, 559)), new("moderate", 86m, new(2000, 16_000, 80, 20, 400)), new("low", 84m, new(900, 6000, 30, 20, 150)), new("unknown", 90m, new(100, 1168, 2, 1, 22))],
            [.. Enumerable.Range(0, 25).Select(i => new DeviceCompliance(
                Guid.NewGuid(), Guid.NewGuid(), i switch { 3 => "サーバー-東京-01 \u0007 <b>", 5 => new string('w', 200), _ => $"front-desk-{i:D2}.contoso.example" }, null, 40m + i,
                new(60 - i, 40 + 2 * i, 25 - i, i % 3, i % 5)))],
            new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero));
        var pages = PdfReport.Pages(figures, new("Contoso Health, Zürich", new(OrgScope.System, null, null), 612));
        Assert.Equal(2, pages.Count);
        var directory = Environment.GetEnvironmentVariable("BREEZE_PDF_PAGES");
        for (var i = 0; i < pages.Count; i++)
        {
            using var bitmap = new SKBitmap((int)PdfReport.Width * 2, (int)PdfReport.Height * 2);
            using var canvas = new SKCanvas(bitmap);
            canvas.Scale(2);
            pages[i](canvas);
            Assert.True(bitmap.Pixels.Distinct().Count() > 50);
            if (directory is not null)
            {
                using var file = File.Create(Path.Combine(directory, $"page-{i + 1}.png"));
                bitmap.Encode(file, SKEncodedImageFormat.Png, 90);
            }
        }
    }

    private async Task<PatchWorld> Seeded()
    {
        var world = await PatchWorld.Create(silo);
        var (linux, windows) = (await world.Device(), await world.Device("windows"));
        await world.Report(linux, new ReportPatches(
            "linux", true, [PatchWorld.Reported(world.Name("ssl"), "critical"), PatchWorld.Reported(world.Name("curl"), "low")], [PatchWorld.Reported(world.Name("vim"))]));
        await world.Report(windows, new ReportPatches("microsoft", true, [PatchWorld.Reported(world.Name("kb1"), "critical")], [PatchWorld.Reported(world.Name("kb2"), "critical")]));
        return world;
    }

    private static async Task<Guid> Request(HttpClient client, string query) =>
        (await client.Get($"/patches/compliance/report?{query}")).Is(HttpStatusCode.OK).Body!["reportId"]!.GetValue<Guid>();

    private static async Task<string> Status(PatchWorld world, Guid id) =>
        (await world.Technician.Get($"/patches/compliance/report/{id}")).Is(HttpStatusCode.OK).Data["status"]!.GetValue<string>();

    private async Task<JsonNode> Completed(PatchWorld world, Guid id, HttpClient? by = null)
    {
        JsonNode report = null!;
        await silo.Clock.AdvanceUntil(
            $"report {id}",
            async () =>
            {
                for (var looked = 0; looked < 50; looked++)
                {
                    report = (await (by ?? world.Technician).Get($"/patches/compliance/report/{id}")).Is(HttpStatusCode.OK).Data;
                    if (report["status"]!.GetValue<string>() == "completed")
                    {
                        return (true, report);
                    }

                    await Task.Delay(20);
                }

                return (false, report.ToJsonString());
            },
            TimeSpan.FromMinutes(5));
        return report;
    }

    private static async Task<(string Type, List<Dictionary<string, string>> Lines)> Csv(PatchWorld world, JsonNode report, HttpClient? by = null)
    {
        using var file = await (by ?? world.Technician).GetAsync($"/api/v1/patches/compliance/report/{report["id"]}/download");
        Assert.Equal(HttpStatusCode.OK, file.StatusCode);
        Assert.EndsWith(".csv", file.Content.Headers.ContentDisposition!.FileName, StringComparison.Ordinal);
        using var reader = new StreamReader(await file.Content.ReadAsStreamAsync(), Encoding.UTF8);
        using var csv = new CsvReader(reader, CultureInfo.InvariantCulture);
        await csv.ReadAsync();
        csv.ReadHeader();
        var lines = new List<Dictionary<string, string>>();
        while (await csv.ReadAsync())
        {
            lines.Add(csv.HeaderRecord!.ToDictionary(h => h, h => csv.GetField(h)!));
        }

        return (file.Content.Headers.ContentType!.ToString(), lines);
    }

    private static Task<int> Insert(PatchWorld world, Guid id, int status, int run, int format) => world.Write(tx => tx.Connection!.ExecuteAsync(
        """
        insert into compliance_reports (id, scope_kind, scope_id, format, status, run, created_by, created_at, started_at)
        values (@id, 1, @org, @format, @status, @run, 'test', @now, @now)
        """,
        new { id, org = world.Org, status, run, format, now = world.Now.ToUnixTimeMilliseconds() },
        tx));

    [Collection(SiloFixture.Sqlite)]
    public sealed class OnSqlite(SqliteSilo silo) : ReportTests(silo);

    [Collection(SiloFixture.Postgres)]
    public sealed class OnPostgres(PostgresSilo silo) : ReportTests(silo);
}
