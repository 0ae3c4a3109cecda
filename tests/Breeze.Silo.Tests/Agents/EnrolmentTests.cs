using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Breeze.Contracts;
using Breeze.Contracts.Agents;
using Breeze.Silo.Tests.Fixture;
using Xunit;

namespace Breeze.Silo.Tests.Agents;

public abstract class EnrolmentTests(SiloFixture silo)
{
    [EngineFact]
    public async Task An_enrolled_device_has_a_credential_that_opens_the_hub_and_nothing_else()
    {
        var world = await AgentWorld.Create(silo);
        var device = await world.Enrol();
        Assert.Equal((world.Org, world.Site), (device.OrgId, device.SiteId));
        Assert.StartsWith("brd_", device.Token, StringComparison.Ordinal);
        await using var agent = await TestAgent.Connect(silo, device);
        Assert.Equal(silo.Clock.Now, agent.Greeting!.ServerTime);
        using var client = silo.Client(device.Token);
        var answer = await client.GetAsync(new Uri($"/api/v1/devices/{device.DeviceId}/commands", UriKind.Relative));
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    [EngineFact]
    public async Task An_operators_key_does_not_open_the_agents_hub()
    {
        var refused = await Assert.ThrowsAnyAsync<Exception>(() => TestAgent.Open(silo, silo.AdminKey));
        Assert.Contains("401", refused.ToString(), StringComparison.Ordinal);
    }

    [EngineFact]
    public async Task Unknown_expired_exhausted_and_revoked_keys_are_refused_alike()
    {
        var world = await AgentWorld.Create(silo);
        var used = await world.Key(maxUses: 1);
        (await world.TryEnrol(used)).EnsureSuccessStatusCode();
        var answers = new List<string>();
        foreach (var key in new[]
        {
            "bre_unknown", used, await world.Key(expiresIn: TimeSpan.Zero), await world.Key(revoked: true),
        })
        {
            using var answer = await world.TryEnrol(key);
            Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
            var body = JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsStringAsync());
            answers.Add(body.GetProperty("detail").GetString()!);
        }

        Assert.Single(answers.Distinct());
        await silo.Clock.Advance(TimeSpan.FromMinutes(1));
    }

    [EngineFact]
    public async Task A_key_for_three_enrols_three_of_ten_that_come_at_once()
    {
        var world = await AgentWorld.Create(silo);
        var key = await world.Key(maxUses: 3);
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => world.TryEnrol(key, $"host-{i}")));
        Assert.Equal(3, answers.Count(a => a.StatusCode == HttpStatusCode.Created));
        Assert.Equal(7, answers.Count(a => a.StatusCode == HttpStatusCode.Forbidden));
        await silo.Clock.Advance(TimeSpan.FromMinutes(1));
    }

    [EngineFact]
    public async Task An_address_with_many_failures_waits_for_the_next_minute()
    {
        var world = await AgentWorld.Create(silo);
        await silo.Clock.Advance(TimeSpan.FromMinutes(1));
        for (var i = 0; i < silo.Settings.Agents.FailedEnrollmentsPerMinute; i++)
        {
            using var failed = await world.TryEnrol("bre_guess");
            Assert.Equal(HttpStatusCode.Forbidden, failed.StatusCode);
        }

        using var limited = await world.TryEnrol("bre_guess");
        Assert.Equal(HttpStatusCode.TooManyRequests, limited.StatusCode);
        Assert.NotNull(limited.Headers.RetryAfter);
        await silo.Clock.Advance(TimeSpan.FromMinutes(1));
        await world.Enrol();
    }

    [EngineTheory]
    [InlineData("hostname", "")]
    [InlineData("osVersion", "")]
    [InlineData("architecture", "")]
    [InlineData("osType", "beos")]
    public async Task A_malformed_enrolment_is_refused_with_the_members_name(string member, string value)
    {
        var world = await AgentWorld.Create(silo);
        var body = new Dictionary<string, object>
        {
            ["enrollmentKey"] = await world.Key(maxUses: 1),
            ["hostname"] = "h",
            ["osType"] = "linux",
            ["osVersion"] = "12",
            ["architecture"] = "x64",
            ["agentVersion"] = "1",
            ["tags"] = Array.Empty<string>(),
        };
        var key = body["enrollmentKey"];
        body[member] = value;
        using var client = silo.Client();
        using var answer = await client.PostAsJsonAsync(AgentMethods.EnrollPath, body);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(member, await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using var after = await world.TryEnrol((string)key);
        Assert.Equal(HttpStatusCode.Created, after.StatusCode);
    }

    [EngineFact]
    public async Task A_rotated_credential_replaces_the_old_one_and_a_repeat_is_safe()
    {
        var world = await AgentWorld.Create(silo);
        var device = await world.Enrol();
        var next = Silo.Agents.DeviceToken.New();
        Assert.Equal(HttpStatusCode.OK, await Rotate(device.Token, next));
        Assert.Equal(HttpStatusCode.Unauthorized, await Rotate(device.Token, Silo.Agents.DeviceToken.New()));
        Assert.Equal(HttpStatusCode.OK, await Rotate(next, next));
        Assert.Equal(HttpStatusCode.BadRequest, await Rotate(next, "brd_short"));
        await using var agent = await TestAgent.Connect(silo, device with { Token = next });
    }

    [EngineFact]
    public async Task A_revoked_credential_ends_the_connection_and_opens_no_other()
    {
        var world = await AgentWorld.Create(silo);
        var device = await world.Enrol();
        await using var agent = await TestAgent.Connect(silo, device);
        using var answer = await silo.Admin.PostAsync(new Uri($"/api/v1/devices/{device.DeviceId}/revoke-credential", UriKind.Relative), null);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await agent.IsClosed("revoked");
        var refused = await Assert.ThrowsAnyAsync<Exception>(() => TestAgent.Open(silo, device.Token));
        Assert.Contains("401", refused.ToString(), StringComparison.Ordinal);
    }

    [EngineFact]
    public async Task A_decommissioned_device_loses_its_connection_its_credential_and_its_waiting_commands()
    {
        var world = await AgentWorld.Create(silo);
        var device = await world.Enrol();
        await using var agent = await TestAgent.Connect(silo, device);
        var waiting = await world.Queue(device);
        using var answer = await silo.Admin.DeleteAsync(new Uri($"/api/v1/devices/{device.DeviceId}", UriKind.Relative));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await agent.IsClosed("decommissioned");
        Assert.Equal(Silo.Agents.CommandState.Withdrawn, (await world.Row(waiting)).State);
        var refused = await Assert.ThrowsAnyAsync<Exception>(() => TestAgent.Open(silo, device.Token));
        Assert.Contains("401", refused.ToString(), StringComparison.Ordinal);
    }

    [EngineFact]
    public async Task After_a_rotation_of_command_keys_who_is_connected_stays_with_the_old_one_and_who_connects_learns_the_new()
    {
        var world = await AgentWorld.Create(silo);
        var device = await world.Enrol();
        await using (var agent = await TestAgent.Connect(silo, device))
        {
            using var answer = await silo.Admin.PostAsync(new Uri("/api/v1/agents/command-keys/rotate", UriKind.Relative), null);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            await world.Send(device);
            Assert.Equal(device.CommandKeys[^1].Id, (await agent.Next("after the rotation")).KeyId);
        }

        await using var again = await TestAgent.Connect(silo, device);
        var added = again.Greeting!.CommandKeys[^1];
        Assert.Equal(device.CommandKeys[^1].Id, added.SignedBy);
        using (var earlier = CommandSignature.Import(device.CommandKeys[^1]))
        {
            Assert.True(CommandSignature.VerifyKey(added, earlier));
        }

        Assert.Equal(added.Id, (await again.Next("sent again")).KeyId);
    }

    private async Task<HttpStatusCode> Rotate(string credential, string next)
    {
        using var client = silo.Client();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", credential);
        using var answer = await client.PostAsJsonAsync(AgentMethods.RotateTokenPath, new RotateTokenRequest(next), BreezeJson.Lenient);
        return answer.StatusCode;
    }

    [Collection(SiloFixture.Sqlite)]
    public sealed class OnSqlite(SqliteSilo silo) : EnrolmentTests(silo);

    [Collection(SiloFixture.Postgres)]
    public sealed class OnPostgres(PostgresSilo silo) : EnrolmentTests(silo);
}
