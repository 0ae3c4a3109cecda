using Breeze.Contracts;
using Breeze.Contracts.Patches;
using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Core.Patches;
using Breeze.Silo.Access;
using Breeze.Silo.Approvals;
using Breeze.Silo.Fleet;
using Breeze.Silo.Hosting;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Patches;

/// <summary>What a list of patches is narrowed by; every member may be null.</summary>
/// <param name="Os">windows, macos or linux: reported by a device with it.</param>
/// <param name="Search">Part of the title or of the external id, in either case of letters.</param>
internal sealed record PatchListing(
    Guid? OrgId, PatchSource? Source, PatchSeverity? Severity, string? Os, ApprovalStatus? Status, string? Search, PatchSort Sort);

/// <summary>Reads the catalogue: what the caller's organizations see of patches, from their own devices.</summary>
internal sealed class CatalogueQueries(IDatabase database, TimeProvider clock)
{
    public Task<Answer<PagedList<Patch>>> List(OrgScope scope, PatchListing wanted, NumberedPage page) => database.Read<Answer<PagedList<Patch>>>(async c =>
    {
        if (await OrgChoice.Refuse(c, scope, wanted.OrgId) is { } refusal)
        {
            return refusal;
        }

        var reach = Reach.Of(scope, wanted.OrgId);
        if (wanted.Status is not null && !reach.IsOne)
        {
            return Refusal.Invalid("status needs an orgId: each organization decides for itself.", "status");
        }

        var arguments = Arguments(reach);
        var where = Where(wanted, arguments);
        var total = await c.ExecuteScalarAsync<long>($"select count(*) from {reach.From} where {where}", arguments);
        var at = wanted.Sort.After(page.Cursor, arguments);
        arguments.Add("limit", page.Limit + 1);
        arguments.Add("offset", page.Offset);
        var rows = (await c.QueryAsync<PatchRow>(
            $"select {PatchRow.Columns}, {reach.Approval} as approval from {reach.From} where {where}{at} order by {wanted.Sort.OrderBy} limit @limit offset @offset",
            arguments)).AsList();
        var shown = rows.Take(page.Limit).ToList();
        return page.Answer(
            await Show(c, reach, shown), total, rows.Count > page.Limit ? wanted.Sort.Cursor(shown[^1]) : null);
    });

    public Task<Answer<Patch>> Get(OrgScope scope, Guid id, Guid? orgId) => database.Read<Answer<Patch>>(async c =>
    {
        if (await OrgChoice.Refuse(c, scope, orgId) is { } refusal)
        {
            return refusal;
        }

        var reach = Reach.Of(scope, orgId);
        var arguments = Arguments(reach);
        arguments.Add("id", id);
        var row = await c.QueryFirstOrDefaultAsync<PatchRow>(
            $"select {PatchRow.Columns}, {reach.Approval} as approval from {reach.From} where {Reach.Once} and p.patch_id = @id", arguments);
        return row is null ? Refusal.NotFound("The patch") : (await Show(c, reach, [row]))[0];
    });

    public Task<Answer<PagedList<PatchSourceSummary>>> Sources(OrgScope scope, Guid? orgId, string? os, NumberedPage page) =>
        database.Read<Answer<PagedList<PatchSourceSummary>>>(async c =>
        {
            if (await OrgChoice.Refuse(c, scope, orgId) is { } refusal)
            {
                return refusal;
            }

            var counts = (await c.QueryAsync<SourceRow>(
                $"""
                select p.source, count(distinct p.patch_id) as patches from org_patches p
                where {scope.Sql("p.org_id")}{(orgId is null ? "" : " and p.org_id = @orgId")} group by p.source
                """,
                new { scopeId = scope.Id, orgId })).ToDictionary(r => (PatchSource)r.Source, r => r.Patches);
            var all = Enum.GetValues<PatchSource>()
                .Select(s => new PatchSourceSummary(EnumName.Of(s), Describe(s), OsBits.ThatHave(s), counts.GetValueOrDefault(s)))
                .Where(s => os is null || s.OsTypes.Contains(os)).ToList();
            return page.Answer([.. all.Skip((int)Math.Min(page.Offset, all.Count)).Take(page.Limit)], all.Count, null);
        });

    private DynamicParameters Arguments(Reach reach) => new(new { scopeId = reach.Id, now = clock.GetUtcNow().ToUnixTimeMilliseconds() });

    private static string Where(PatchListing wanted, DynamicParameters arguments)
    {
        var conditions = new List<string> { Reach.Once };
        if (wanted.Source is { } source)
        {
            conditions.Add("p.source = @source");
            arguments.Add("source", (int)source);
        }

        if (wanted.Severity is { } severity)
        {
            conditions.Add("p.severity = @severity");
            arguments.Add("severity", (int)severity);
        }

        if (wanted.Os is { } os)
        {
            conditions.Add("(p.os_types & @os) <> 0");
            arguments.Add("os", OsBits.Of(os));
        }

        if (wanted.Status is { } status)
        {
            conditions.Add($"{ApprovalSql.Effective("a")} = @status");
            arguments.Add("status", (int)status);
        }

        if (wanted.Search is { Length: > 0 } search)
        {
            conditions.Add($"(p.title_key like @part escape '{LikePattern.EscapeCharacter}' or lower(p.external_id) like @part escape '{LikePattern.EscapeCharacter}')");
            arguments.Add("part", $"%{LikePattern.Escape(search.ToLowerInvariant())}%");
        }

        return string.Join(" and ", conditions);
    }

    private static async Task<IReadOnlyList<Patch>> Show(SqlSource source, Reach reach, IReadOnlyList<PatchRow> rows)
    {
        var counts = (await source.QueryRows<CountsRow>(
            $"select c.patch_id, {CountsRow.Sums} from org_patch_counts c"
            + $" where c.patch_id in ({{rows}}) and {reach.Sql("c.org_id")} group by c.patch_id",
            new Rows().Uuid("patch_id", [.. rows.Select(r => r.PatchId)]),
            new { scopeId = reach.Id })).ToDictionary(r => r.PatchId, r => r.Show());
        return [.. rows.Select(r => r.Show(counts.GetValueOrDefault(r.PatchId)))];
    }

    private static string Describe(PatchSource source) => source switch
    {
        PatchSource.Microsoft => "Windows Update: cumulative updates, security fixes and optional features",
        PatchSource.Apple => "Apple Software Update",
        PatchSource.Linux => "The distribution's packages (apt, dnf, yum, zypper)",
        PatchSource.ThirdParty => "Applications: browsers, runtimes, productivity tools",
        _ => "Internally published updates",
    };

    private sealed class SourceRow
    {
        public int Source { get; init; }

        public long Patches { get; init; }
    }

    /// <summary>One organization's own view, or the union of several: each patch once, as it was described last.</summary>
    private sealed record Reach(OrgScope Scope)
    {
        public static Reach Of(OrgScope scope, Guid? orgId) => new(orgId is { } org ? OrgScope.Org(new(org)) : scope);

        public bool IsOne => Scope.Kind == ScopeKind.Org;

        public Guid Id => Scope.Id;

        /// <summary>Each patch once.</summary>
        public const string Once = "p.rn = 1";

        public string Approval => IsOne ? ApprovalSql.Effective("a") : "null";

        // The one organization's rows by their key and indexes; several are ranked.
        public string From => IsOne
            ? "(select o.*, 1 as rn from org_patches o where o.org_id = @scopeId) p left join patch_approvals a on a.org_id = p.org_id and a.patch_id = p.patch_id"
            : $"""
              (select o.*, row_number() over (partition by o.patch_id order by o.changed_at desc, o.org_id) as rn
               from org_patches o where {Scope.Sql("o.org_id")}) p
              """;

        public string Sql(string column) => Scope.Sql(column);
    }
}
