using System.Net;
using Breeze.Contracts.Access;
using Breeze.Silo.Access;
using Breeze.Silo.Hosting;
using Breeze.Silo.Storage;
using Breeze.Silo.Tests.Fixture;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Breeze.Silo.Tests.Hosting;

public abstract class IdempotencyTests(SiloFixture silo)
{
    [EngineFact]
    public async Task The_same_request_again_gets_the_first_answer_and_has_one_effect()
    {
        var (key, name) = (NewKey(), NewName());
        var first = (await silo.Admin.Post("/partners", new PartnerRequest(name), key)).Is(HttpStatusCode.Created);
        var again = (await silo.Admin.Post("/partners", new PartnerRequest(name), key)).Is(HttpStatusCode.Created);
        Assert.Equal(first.Comparable, again.Comparable);
        Assert.Equal(first.Message.Headers.Location, again.Message.Headers.Location);
        Assert.Equal(1, await Partners(name));
    }

    [EngineFact]
    public async Task Ten_at_once_have_one_effect_and_none_fails_otherwise_than_by_waiting()
    {
        var (key, name) = (NewKey(), NewName());
        var replies = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => silo.Admin.Post("/partners", new PartnerRequest(name), key)));
        Assert.All(replies, r => Assert.Contains(r.Status, new[] { HttpStatusCode.Created, HttpStatusCode.Conflict }));
        Assert.Equal(1, await Partners(name));
        Assert.Single(replies.Where(r => r.Status == HttpStatusCode.Created).Select(r => r.Id).Distinct());
    }

    [EngineFact]
    public async Task Another_body_under_the_same_key_is_refused()
    {
        var key = NewKey();
        (await silo.Admin.Post("/partners", new PartnerRequest(NewName()), key)).Is(HttpStatusCode.Created);
        var other = NewName();
        (await silo.Admin.Post("/partners", new PartnerRequest(other), key)).Is(HttpStatusCode.UnprocessableEntity);
        Assert.Equal(0, await Partners(other));
    }

    [EngineFact]
    public async Task A_key_belongs_to_its_caller_and_route()
    {
        var tenants = await Tenants.Make(silo);
        using var first = await tenants.Client(KeyRole.Admin, KeyScope.Partner);
        using var second = await tenants.Client(KeyRole.Admin, KeyScope.Partner);
        var (key, body) = (NewKey(), new CreateOrganization(NewName()));
        var one = (await first.Post("/organizations", body, key)).Is(HttpStatusCode.Created);
        var two = (await second.Post("/organizations", body, key)).Is(HttpStatusCode.Created);
        Assert.NotEqual(one.Id, two.Id);
        (await first.Post("/api-keys", new CreateApiKey("k", KeyScope.Org, KeyRole.Viewer, null, one.Id), key)).Is(HttpStatusCode.Created);
    }

    [EngineFact]
    public async Task A_refusal_is_repeated_too()
    {
        var key = NewKey();
        var first = (await silo.Admin.Post("/partners", """{"name":""}""", key)).Is(HttpStatusCode.BadRequest);
        var again = (await silo.Admin.Post("/partners", """{"name":""}""", key)).Is(HttpStatusCode.BadRequest);
        Assert.Equal(first.Body!["requestId"]!.ToString(), again.Body!["requestId"]!.ToString());
        var broken = NewKey();
        (await silo.Admin.Post("/partners", "{", broken)).Is(HttpStatusCode.BadRequest);
        Assert.True((await silo.Admin.Post("/partners", "{", broken)).Message.Headers.Contains("Idempotency-Replayed"));
    }

    [EngineFact]
    public async Task A_secret_is_shown_once_and_stored_nowhere()
    {
        var tenants = await Tenants.Make(silo);
        var (key, body) = (NewKey(), new CreateApiKey("once", KeyScope.Org, KeyRole.Viewer, null, tenants.Own));
        var secret = (await silo.Admin.Post("/api-keys", body, key)).Is(HttpStatusCode.Created).Data["key"]!.GetValue<string>();
        var again = (await silo.Admin.Post("/api-keys", body, key)).Is(HttpStatusCode.Created);
        Assert.Null(again.Data["key"]);
        Assert.Equal("once", again.Data["name"]!.GetValue<string>());
        Assert.Equal(0, await silo.Database.Read(c => c.ExecuteScalarAsync<long>(
            "select count(*) from idempotent_answers where body like @text", new { text = $"%{secret}%" })));
    }

    [EngineFact]
    public async Task An_answer_is_forgotten_after_a_day()
    {
        var (key, name) = (NewKey(), NewName());
        (await silo.Admin.Post("/partners", new PartnerRequest(name), key)).Is(HttpStatusCode.Created);
        await silo.Clock.Advance(TimeSpan.FromHours(24) + TimeSpan.FromMinutes(2), TimeSpan.FromHours(1));
        (await silo.Admin.Post("/partners", new PartnerRequest(name), key)).Is(HttpStatusCode.Created);
        Assert.Equal(2, await Partners(name));
    }

    [EngineFact]
    public async Task A_request_that_died_half_way_is_told_to_look_instead_of_being_done_twice()
    {
        var (key, name) = (NewKey(), NewName());
        (await silo.Admin.Post("/partners", new PartnerRequest(name), key)).Is(HttpStatusCode.Created);
        await silo.Database.Write(tx => tx.Connection!.ExecuteAsync(
            "update idempotent_answers set status = null, body = null where body like @name", new { name = $"%{name}%" }, tx));
        Assert.Contains("still", (await silo.Admin.Post("/partners", new PartnerRequest(name), key)).Is(HttpStatusCode.Conflict).Error, StringComparison.Ordinal);
        await silo.Clock.Advance(TimeSpan.FromMinutes(3));
        Assert.Contains("took effect", (await silo.Admin.Post("/partners", new PartnerRequest(name), key)).Is(HttpStatusCode.Conflict).Error, StringComparison.Ordinal);
        Assert.Equal(1, await Partners(name));
    }

    [EngineFact]
    public async Task A_key_whose_request_failed_after_its_commit_is_not_given_free()
    {
        var answers = silo.Services.GetRequiredService<IdempotentAnswers>();
        var (key, name) = (NewKey(), NewName());
        (await silo.Admin.Post("/partners", new PartnerRequest(name), key)).Is(HttpStatusCode.Created);
        var id = await silo.Database.Read(c => c.ExecuteScalarAsync<string>(
            "select id || '/' || token from idempotent_answers where body like @name", new { name = $"%{name}%" }));
        await answers.Keep(id!, null);
        var again = (await silo.Admin.Post("/partners", new PartnerRequest(name), key)).Is(HttpStatusCode.Conflict);
        Assert.Contains("took effect", again.Error, StringComparison.Ordinal);
        Assert.Equal(1, await Partners(name));
    }

    [EngineFact]
    public async Task A_key_whose_request_failed_before_its_commit_is_given_free()
    {
        var answers = silo.Services.GetRequiredService<IdempotentAnswers>();
        var id = NewKey();
        var claim = await answers.Take(id, "body", default);
        Assert.Equal(IdempotentOutcome.Mine, claim.Outcome);
        Assert.Equal(IdempotentOutcome.InFlight, (await answers.Take(id, "body", default)).Outcome);
        await answers.Keep(claim.Operation!, null);
        Assert.Equal(IdempotentOutcome.Mine, (await answers.Take(id, "body", default)).Outcome);
    }

    [EngineFact]
    public async Task A_repeat_is_carried_out_once_the_silo_of_the_first_is_gone_and_then_the_first_may_not_commit()
    {
        var answers = silo.Services.GetRequiredService<IdempotentAnswers>();
        var id = NewKey();
        var first = await answers.Take(id, "body", default);
        Assert.Equal(IdempotentOutcome.InFlight, (await answers.Take(id, "body", default)).Outcome);
        await Execute("update idempotent_answers set silo_id = 'gone' where id = @id", id);

        var second = await answers.Take(id, "body", default);
        Assert.Equal(IdempotentOutcome.Mine, second.Outcome);
        await Assert.ThrowsAsync<StorageUnavailableException>(() => Effect(first));
        await Effect(second);

        // Its silo dies too: now something was done, and a repeat must look.
        await Execute("update idempotent_answers set silo_id = 'gone' where id = @id", id);
        Assert.Equal(IdempotentOutcome.TookEffect, (await answers.Take(id, "body", default)).Outcome);
        Assert.Equal(1, await silo.Database.Read(c => c.ExecuteScalarAsync<long>("select count(*) from audit_logs where target_id = @id", new { id })));

        Task Effect(IdempotentClaim claim) => silo.Database.Write(async tx =>
        {
            var actor = new Breeze.Silo.Access.AuditActor("api_key", "id", "name", null, claim.Operation);
            await Audit.Write(tx, new AuditEntry(AuditChain.Installation, silo.Clock.Now, actor, "test.effect", "test", id));
            return 0;
        });
    }

    private Task<int> Execute(string sql, string id) => silo.Database.Write(tx => tx.Connection!.ExecuteAsync(sql, new { id }, tx));

    [EngineFact]
    public async Task A_key_that_is_too_long_is_refused_by_name()
    {
        var refused = (await silo.Admin.Post("/partners", new PartnerRequest(NewName()), new string('k', 201))).Is(HttpStatusCode.BadRequest);
        Assert.NotNull(refused.Body!["errors"]!["Idempotency-Key"]);
    }

    private static string NewKey() => Guid.NewGuid().ToString();

    private static string NewName() => $"Partner {Guid.NewGuid():N}";

    private Task<long> Partners(string name) =>
        silo.Database.Read(c => c.ExecuteScalarAsync<long>("select count(*) from partners where name = @name", new { name }));

    [Collection(SiloFixture.Sqlite)]
    public sealed class OnSqlite(SqliteSilo silo) : IdempotencyTests(silo);

    [Collection(SiloFixture.Postgres)]
    public sealed class OnPostgres(PostgresSilo silo) : IdempotencyTests(silo);
}
