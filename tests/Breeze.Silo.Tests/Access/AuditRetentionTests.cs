using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Silo.Access;
using Breeze.Silo.Hosting;
using Breeze.Silo.Tests.Fixture;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using AuditActor = Breeze.Silo.Access.AuditActor;

namespace Breeze.Silo.Tests.Access;

public abstract class AuditRetentionTests(SiloFixture silo)
{
    private static readonly DateTimeOffset LongAgo = new(2001, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [EngineFact]
    public async Task A_chain_whose_old_lines_were_cut_off_by_two_at_once_still_verifies()
    {
        var org = OrgId.New();
        await Write(org, LongAgo, (8 * RetentionLoop.StepRows) + 10);
        await Write(org, silo.Clock.Now, 5);
        var verifications = new List<AuditVerificationSeen>();
        var sweeps = Task.WhenAll(Finish(Loop()), Finish(Loop()));
        do
        {
            verifications.Add(await Verify(org));
        }
        while (!sweeps.IsCompleted);
        await sweeps;
        Assert.All(verifications, v => Assert.True(v.Valid, v.Reason));
        Assert.Equal(new AuditVerificationSeen(true, 5, null), await Verify(org));
        Assert.Equal(5, await Lines(org));
        await Write(org, silo.Clock.Now, 1);
        Assert.Equal(new AuditVerificationSeen(true, 6, null), await Verify(org));
    }

    [EngineFact]
    public async Task A_chain_of_old_lines_alone_ends_as_its_anchor_and_goes_on()
    {
        var org = OrgId.New();
        await Write(org, LongAgo, 3);
        await Finish(Loop());
        Assert.Equal(0, await Lines(org));
        Assert.Equal(new AuditVerificationSeen(true, 0, null), await Verify(org));
        await Write(org, silo.Clock.Now, 1);
        Assert.Equal(new AuditVerificationSeen(true, 1, null), await Verify(org));
        var (listed, total) = await new AuditQueries(silo.Database).List(OrgScope.Org(org), new(null, null, null, null), null, 0, 50, default);
        Assert.Equal((1, 1L), (listed.Count, total));
    }

    [EngineTheory]
    [InlineData("update audit_logs set details = '{}' where chain = @chain and seq = 2", 2, "changed")]
    [InlineData("delete from audit_logs where chain = @chain and seq = 2", 2, "missing")]
    public async Task What_was_tampered_with_is_not_tidied_away(string tampering, long sequence, string reason)
    {
        var org = OrgId.New();
        await Write(org, LongAgo, 4);
        await silo.Database.Write(tx => tx.Connection!.ExecuteAsync(tampering, new { chain = org.Value }, tx));
        await Finish(Loop());
        var seen = await Verify(org);
        Assert.False(seen.Valid);
        Assert.Equal($"{sequence}", seen.Reason!.Split(' ')[0]);
        Assert.Contains(reason, seen.Reason, StringComparison.Ordinal);
        Assert.True(await Lines(org) >= 2);
    }

    [EngineTheory]
    [InlineData("delete from audit_logs where chain = @chain and seq = 4")]
    [InlineData("update audit_anchors set hash = 'x' where chain = @chain")]
    public async Task What_is_left_of_a_chain_cannot_be_changed_unseen(string tampering)
    {
        var org = OrgId.New();
        await Write(org, LongAgo, 3);
        await Write(org, silo.Clock.Now, 3);
        await Finish(Loop());
        Assert.True((await Verify(org)).Valid);
        await silo.Database.Write(tx => tx.Connection!.ExecuteAsync(tampering, new { chain = org.Value }, tx));
        Assert.False((await Verify(org)).Valid);
    }

    private AuditRetention Loop() => ActivatorUtilities.CreateInstance<AuditRetention>(silo.Services);

    private static async Task Finish(AuditRetention loop)
    {
        while (await loop.Step(isFirst: false) > 0)
        {
        }
    }

    private async Task<AuditVerificationSeen> Verify(OrgId org)
    {
        var verification = await new AuditQueries(silo.Database).Verify(OrgScope.Org(org), default);
        var broken = verification.Broken.SingleOrDefault();
        return new(verification.Valid, verification.Lines, broken is null ? null : $"{broken.Sequence} {broken.Reason}");
    }

    private Task<int> Lines(OrgId org) => silo.Database.Read(c => c.ExecuteScalarAsync<int>("select count(*) from audit_logs where chain = @org", new { org }));

    private Task<bool> Write(OrgId org, DateTimeOffset at, int count) => silo.Database.Write(async tx =>
    {
        await Audit.WriteAll(tx, [.. Enumerable.Range(0, count).Select(i => new AuditEntry(
            AuditChain.Org(org), at, AuditActor.System("test"), "test.write", "test", null, Details: new { i }))]);
        return true;
    });

    private sealed record AuditVerificationSeen(bool Valid, long Lines, string? Reason);

    [Collection(SiloFixture.Sqlite)]
    public sealed class OnSqlite(SqliteSilo silo) : AuditRetentionTests(silo);

    [Collection(SiloFixture.Postgres)]
    public sealed class OnPostgres(PostgresSilo silo) : AuditRetentionTests(silo);
}
