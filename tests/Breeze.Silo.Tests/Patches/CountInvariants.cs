using Breeze.Silo.Tests.Fixture;
using Dapper;
using Xunit;

namespace Breeze.Silo.Tests.Patches;

/// <summary>The kept counts against a recount, in one snapshot each.</summary>
internal static class CountInvariants
{
    private const string Sums =
        "coalesce(sum(case when t.status = 1 then 1 else 0 end), 0) as p, coalesce(sum(case when t.status = 2 then 1 else 0 end), 0) as i, "
        + "coalesce(sum(case when t.status = 3 then 1 else 0 end), 0) as f, coalesce(sum(case when t.status = 4 then 1 else 0 end), 0) as s, "
        + "coalesce(sum(case when t.status = 5 then 1 else 0 end), 0) as m";

    public static Task Hold(SiloFixture silo, Guid org) => silo.Database.Read(async c =>
    {
        var wrong = (await c.QueryAsync<string>(
            $"""
            with kept as (
              select patch_id, sum(pending) as p, sum(installed) as i, sum(failed) as f, sum(skipped) as s, sum(missing) as m
              from org_patch_counts where org_id = @org group by patch_id),
            counted as (select t.patch_id, {Sums} from device_patches t where t.org_id = @org group by t.patch_id)
            select 'patch ' || cast(c.patch_id as varchar(40)) || ' kept ' || coalesce(k.p, 0) || '/' || coalesce(k.i, 0) || '/' || coalesce(k.f, 0)
              || '/' || coalesce(k.s, 0) || '/' || coalesce(k.m, 0) || ' counted ' || c.p || '/' || c.i || '/' || c.f || '/' || c.s || '/' || c.m
            from counted c left join kept k on k.patch_id = c.patch_id
            where coalesce(k.p, 0) <> c.p or coalesce(k.i, 0) <> c.i or coalesce(k.f, 0) <> c.f or coalesce(k.s, 0) <> c.s or coalesce(k.m, 0) <> c.m
            union all
            select 'left over ' || cast(k.patch_id as varchar(40)) from kept k
            where not exists (select 1 from counted c where c.patch_id = k.patch_id) and (k.p <> 0 or k.i <> 0 or k.f <> 0 or k.s <> 0 or k.m <> 0)
            union all
            select 'device ' || cast(d.device_id as varchar(40)) || ' kept ' || d.pending || '/' || d.installed || '/' || d.failed || '/' || d.skipped || '/' || d.missing
            from device_patch_totals d
            left join (select t.device_id, {Sums} from device_patches t where t.org_id = @org group by t.device_id) t on t.device_id = d.device_id
            where d.org_id = @org and (d.pending <> coalesce(t.p, 0) or d.installed <> coalesce(t.i, 0) or d.failed <> coalesce(t.f, 0)
              or d.skipped <> coalesce(t.s, 0) or d.missing <> coalesce(t.m, 0) or d.noncompliant <> d.pending + d.failed + d.skipped + d.missing)
            """,
            new { org })).AsList();
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        return true;
    });
}
