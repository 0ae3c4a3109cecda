using Breeze.Contracts;
using Breeze.Contracts.Patches;
using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Core.Patches;
using Breeze.Silo.Access;
using Breeze.Silo.Patches;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Compliance;

/// <summary>What compliance is asked about: whose devices, and of which patches.</summary>
internal sealed record ComplianceQuestion(OrgScope Scope, PatchSource? Source, PatchSeverity? Severity)
{
    public bool IsNarrowed => Source is not null || Severity is not null;

    /// <summary>The condition on <c>org_patches p</c>. Takes <see cref="Arguments"/>.</summary>
    public string OfPatches =>
        Scope.Sql("p.org_id") + (Source is null ? "" : " and p.source = @source") + (Severity is null ? "" : " and p.severity = @severity");

    public DynamicParameters Arguments => new(new { scopeId = Scope.Id, source = (int?)Source, severity = (int?)Severity });
}

/// <summary>The live summary, from the counts that are kept as rows change: what it costs depends on patches, not on devices times patches.</summary>
internal sealed class ComplianceQueries(IDatabase database, TimeProvider clock)
{
    public const int Worst = 10;

    public Task<Answer<ComplianceSummary>> Summary(OrgScope scope, Guid? orgId, PatchSource? source, PatchSeverity? severity) =>
        database.Read<Answer<ComplianceSummary>>(async c =>
        {
            if (await OrgChoice.Refuse(c, scope, orgId) is { } refusal)
            {
                return refusal;
            }

            return await Summary(c, new(orgId is { } org ? OrgScope.Org(new(org)) : scope, source, severity), clock.GetUtcNow());
        });

    /// <summary>The figures as the connection's snapshot has them.</summary>
    /// <param name="worst">How many of the worst devices, at most.</param>
    public static async Task<ComplianceSummary> Summary(SqlSource source, ComplianceQuestion question, DateTimeOffset now, int worst = Worst)
    {
        var groups = await source.Query<CountsRow>(
            $"""
            select p.source, p.severity, {CountsRow.Sums}
            from org_patches p join org_patch_counts c on c.org_id = p.org_id and c.patch_id = p.patch_id
            where {question.OfPatches} group by p.source, p.severity
            """,
            question.Arguments);
        var all = Sum(groups);
        return new(
            Percent(all),
            Total(all),
            all,
            [.. groups.GroupBy(g => g.Source).OrderBy(g => g.Key).Select(g => new SourceCompliance(EnumName.Of((PatchSource)g.Key), Percent(Sum(g)), Sum(g)))],
            [.. groups.GroupBy(g => g.Severity).OrderBy(g => g.Key).Select(g => new SeverityCompliance(EnumName.Of((PatchSeverity)g.Key), Percent(Sum(g)), Sum(g)))],
            [.. (await WorstDevices(source, question, worst)).Select(d => d.Show())],
            now);
    }

    public static decimal Percent(PatchCounts counts) => ComplianceScore.Percent(counts.Installed, Total(counts));

    public static long Total(PatchCounts counts) => counts.Pending + counts.Installed + counts.Failed + counts.Skipped + counts.Missing;

    private static PatchCounts Sum(IEnumerable<CountsRow> rows) => rows.Aggregate(CountsRow.None, (sum, row) => new(
        sum.Pending + row.Pending, sum.Installed + row.Installed, sum.Failed + row.Failed, sum.Skipped + row.Skipped, sum.Missing + row.Missing));

    // Kept per device, so that the worst of all are the first of an index; under a filter only what is not installed is looked at.
    private static async Task<IReadOnlyList<DeviceRow>> WorstDevices(SqlSource source, ComplianceQuestion question, int worst)
    {
        var arguments = question.Arguments;
        arguments.Add("worst", worst);
        if (!question.IsNarrowed)
        {
            return await source.Query<DeviceRow>(
                $"""
                select d.id, d.org_id, d.hostname, d.display_name, t.pending, t.installed, t.failed, t.skipped, t.missing
                from device_patch_totals t join devices d on d.id = t.device_id
                where {question.Scope.Sql("t.org_id")} and t.noncompliant > 0 order by t.noncompliant desc, t.device_id desc limit @worst
                """,
                arguments);
        }

        var chosen = await source.Query<Guid>(
            $"""
            select t.device_id from org_patches p
            join device_patches t on t.org_id = p.org_id and t.patch_id = p.patch_id and t.status in (1, 3, 4, 5)
            where {question.OfPatches} group by t.device_id order by count(*) desc, t.device_id desc limit @worst
            """,
            arguments);
        return await Of(source, question, chosen);
    }

    // By the devices' own rows. In one statement with the choice PostgreSQL went through every row of the organization once more.
    private static Task<IReadOnlyList<DeviceRow>> Of(SqlSource source, ComplianceQuestion question, IReadOnlyList<Guid> devices) => source.QueryRows<DeviceRow>(
        $"""
        select d.id, d.org_id, d.hostname, d.display_name,
          sum(case when t.status = 1 then 1 else 0 end) as pending, sum(case when t.status = 2 then 1 else 0 end) as installed,
          sum(case when t.status = 3 then 1 else 0 end) as failed, sum(case when t.status = 4 then 1 else 0 end) as skipped,
          sum(case when t.status = 5 then 1 else 0 end) as missing
        from ({RowsHere}) v cross join device_patches t join devices d on d.id = t.device_id
        join org_patches p on p.org_id = t.org_id and p.patch_id = t.patch_id
        where t.device_id = v.device_id and {question.OfPatches} group by v.n, d.id, d.org_id, d.hostname, d.display_name order by v.n
        """,
        new Rows().Uuid("device_id", [.. devices]).Int("n", [.. Enumerable.Range(0, devices.Count)]),
        question.Arguments);

    private const string RowsHere = "{rows}";

    private sealed class DeviceRow
    {
        public Guid Id { get; init; }

        public Guid OrgId { get; init; }

        public string Hostname { get; init; } = "";

        public string? DisplayName { get; init; }

        public long Pending { get; init; }

        public long Installed { get; init; }

        public long Failed { get; init; }

        public long Skipped { get; init; }

        public long Missing { get; init; }

        public DeviceCompliance Show()
        {
            var counts = new PatchCounts(Pending, Installed, Failed, Skipped, Missing);
            return new(Id, OrgId, Hostname, DisplayName, Percent(counts), counts);
        }
    }
}
