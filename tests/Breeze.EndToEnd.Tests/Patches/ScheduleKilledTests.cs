using System.Globalization;
using Breeze.Contracts.Policies;
using Breeze.EndToEnd.Tests.Processes;
using Breeze.EndToEnd.Tests.Rollouts;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Breeze.EndToEnd.Tests.Patches;

/// <summary>kill -9 of the silo while a schedule makes its jobs: in the end each organization has its job, and none has two.</summary>
public sealed class ScheduleKilledTests : IDisposable
{
    private const int Organizations = 300;
    private const int Kills = 3;

    private readonly string _folder = Directory.CreateTempSubdirectory("breeze-schedule-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Each_organization_gets_one_job_however_often_the_silo_is_killed_meanwhile()
    {
        await using var silo = await SiloProcess.Start(_folder);
        var tenant = await TestTenant.Create(silo.Client);
        var partner = await Seed(tenant.OrgId);
        var policy = await silo.Client.Policies.Create(new ConfigurationPolicyBody { PartnerId = partner, Name = "Nightly" });
        await silo.Client.Policies.Assign(policy.Id, new PolicyAssignmentBody { Level = PolicyLevel.Partner, TargetId = partner });
        await silo.Client.Policies.SetFeature(policy.Id, new PolicyFeatureBody
        {
            FeatureType = "patch",
            InlineSettings = new PatchSettingsBody
            {
                ScheduleFrequency = "daily",
                ScheduleTime = TimeProvider.System.GetUtcNow().AddMinutes(1).AddSeconds(5).ToString("HH:mm", CultureInfo.InvariantCulture),
            },
        });
        for (var kill = 1; kill <= Kills; kill++)
        {
            // In the midst of it: some have their job, some do not.
            var share = Organizations * kill / (Kills + 1);
            await TestTenant.Until(
                async () => await Count("deployments", "kind = 1") is var jobs && jobs >= share ? null : $"{jobs} jobs are made, not {share}", TimeSpan.FromSeconds(150));
            await silo.Kill();
            await silo.Start();
        }

        await TestTenant.Until(
            async () => await Count("policy_occurrences", "state = 2") is var ran && ran == Organizations ? null : $"{ran} occurrences have run, not {Organizations}",
            TimeSpan.FromSeconds(90));
        Assert.Equal(Organizations, await Count("deployments", "kind = 1"));
        Assert.Equal(Organizations, await Scalar("select count(distinct org_id) from deployments where kind = 1"));
        Assert.Equal(Organizations, await Scalar(
            "select count(*) from policy_occurrences w join deployments d on d.id = w.job_id and d.org_id = w.org_id where w.state = 2"));
    }

    // Organizations of the same partner, with a device each, as enrolment would have left them.
    private async Task<Guid> Seed(Guid org)
    {
        await using var database = new SqliteConnection($"Data Source={Path.Combine(_folder, "silo", "breeze.db")};Pooling=false;Default Timeout=30");
        await database.OpenAsync();
        await database.ExecuteAsync(
            $"""
            create temp table numbers as with recursive n(i) as (select 0 union all select i + 1 from n where i < {Organizations - 1}) select i from n;
            begin immediate;
            insert into organizations (id, partner_id, name, created_at)
              select printf('00000000-0000-7000-A000-%012d', i), (select partner_id from organizations where id = @org), 'Customer ' || i, 0 from numbers;
            insert into sites (id, org_id, name, time_zone, created_at)
              select printf('00000000-0000-7000-B000-%012d', i), printf('00000000-0000-7000-A000-%012d', i), 'Site', 'UTC', 0 from numbers;
            insert into devices (id, org_id, site_id, hostname, hostname_key, os_type, os_version, architecture, agent_version, token_hash, enrolled_at)
              select printf('00000000-0000-7000-9000-%012d', i), printf('00000000-0000-7000-A000-%012d', i), printf('00000000-0000-7000-B000-%012d', i),
                'host-' || i, 'host-' || i, 'linux', '1', 'x64', '1', 'h' || i, 0 from numbers;
            commit;
            """,
            new { org });
        return Guid.Parse((await database.ExecuteScalarAsync<string>("select partner_id from organizations where id = @org", new { org }))!);
    }

    private Task<long> Count(string table, string where) => Scalar($"select count(*) from {table} where {where}");

    private async Task<long> Scalar(string sql)
    {
        await using var database = new SqliteConnection($"Data Source={Path.Combine(_folder, "silo", "breeze.db")};Mode=ReadOnly;Pooling=false;Default Timeout=30");
        return await database.ExecuteScalarAsync<long>(sql);
    }
}
