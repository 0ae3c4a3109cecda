using System.Data.Common;
using System.Text;
using System.Text.Json.Nodes;
using Breeze.Silo.Access;
using Breeze.Silo.Agents;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Hosting;

internal enum IdempotentOutcome
{
    /// <summary>This request is the first and must be carried out.</summary>
    Mine,
    Answered,
    OtherRequest,
    InFlight,

    /// <summary>Ended without an answer worth keeping, after something of it was committed.</summary>
    TookEffect,
}

/// <summary>What became of a key.</summary>
/// <param name="Operation">Of the request that is to be carried out: what it does is noted under it.</param>
/// <param name="Answer">Of one that was answered.</param>
internal sealed record IdempotentClaim(IdempotentOutcome Outcome, string? Operation = null, StoredAnswer? Answer = null);

/// <summary>An answer as it was given, one-time secrets left out.</summary>
internal sealed record StoredAnswer(int Status, string? ContentType, string? Location, string? Etag, string Body)
{
    public static StoredAnswer Of(HttpContext http, MemoryStream body) => new(
        http.Response.StatusCode,
        http.Response.ContentType,
        http.Response.Headers.Location,
        http.Response.Headers.ETag,
        WithoutSecrets(
            Encoding.UTF8.GetString(body.GetBuffer(), 0, (int)body.Length),
            http.GetEndpoint()?.Metadata.GetMetadata<OneTimeSecrets>()));

    private static string WithoutSecrets(string body, OneTimeSecrets? secrets)
    {
        if (secrets is null || body.Length == 0 || JsonNode.Parse(body) is not JsonObject answer || answer["data"] is not JsonObject data)
        {
            return body;
        }

        foreach (var member in secrets.Members)
        {
            data.Remove(member);
        }

        return answer.ToJsonString();
    }
}

/// <summary>The answers by idempotency key, in a table so that any silo finds them and one statement forgets them.</summary>
/// <remarks>
/// A request belongs to the silo that carries it out. When that silo is gone, or did not answer for longer than any request lasts, a
/// repeat takes the key over under another token. The effect is noted in its own transaction under the token that it was begun with
/// (<see cref="Access.Audit"/>), so of two that believe to be the one at most one commits.
/// </remarks>
internal sealed class IdempotentAnswers(IDatabase database, SiloLease lease, TimeProvider clock)
{
    /// <summary>How long an answer is given again.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromHours(24);

    /// <summary>A request ends within 120 s; what has not answered by now never will.</summary>
    public static readonly TimeSpan LongestRequest = TimeSpan.FromSeconds(150);

    // The status of a request that had an effect and no answer below 500.
    private const int Unanswered = 0;

    /// <summary>Takes the key for this request, or says what became of the one that has it.</summary>
    public Task<IdempotentClaim> Take(string id, string requestHash, CancellationToken cancel) => database.Write(
        async tx =>
        {
            var now = clock.GetUtcNow();
            var arguments = new Claimant(id, requestHash, now, now - Kept, lease.SiloId, Guid.NewGuid().ToString("N"));
            var mine = new IdempotentClaim(IdempotentOutcome.Mine, IdempotentOperation.Of(id, arguments.Token));
            await tx.Connection!.ExecuteAsync("delete from idempotent_answers where id = @Id and at < @Oldest", arguments, tx);
            var taken = await tx.Connection!.ExecuteAsync(
                """
                insert into idempotent_answers (id, request_hash, at, silo_id, token) values (@Id, @RequestHash, @Now, @SiloId, @Token)
                on conflict (id) do nothing
                """,
                arguments,
                tx);
            return taken == 1 ? mine : await Judge(tx, arguments, mine);
        },
        cancel);

    /// <summary>Keeps the answer; null gives the key free again, unless something of the request was committed. Nothing happens to a key that was taken over.</summary>
    public Task Keep(string operation, StoredAnswer? answer)
    {
        var (id, token) = IdempotentOperation.Parts(operation);
        return database.Write(tx => answer is null
            ? Free(tx, id, token)
            : tx.Connection!.ExecuteAsync(
                """
                update idempotent_answers set status = @Status, content_type = @ContentType, location = @Location, etag = @Etag, body = @Body
                where id = @id and token = @token
                """,
                new { id, token, answer.Status, answer.ContentType, answer.Location, answer.Etag, answer.Body },
                tx));
    }

    /// <summary>Forgets what is too old to be asked for again.</summary>
    public Task Sweep(CancellationToken cancel) => database.Write(
        tx => tx.Connection!.ExecuteAsync("delete from idempotent_answers where at < @oldest", new { oldest = clock.GetUtcNow() - Kept }, tx),
        cancel);

    private static async Task<int> Free(DbTransaction tx, string id, string? token)
    {
        await tx.Connection!.ExecuteAsync("delete from idempotent_answers where id = @id and token = @token and has_effect = 0", new { id, token }, tx);
        return await tx.Connection!.ExecuteAsync("update idempotent_answers set status = @Unanswered where id = @id and token = @token", new { id, token, Unanswered }, tx);
    }

    private static async Task<IdempotentClaim> Judge(DbTransaction tx, Claimant asks, IdempotentClaim mine)
    {
        var row = await tx.Connection!.QuerySingleAsync<Row>(
            """
            select a.*, exists (select 1 from silo_leases l where l.silo_id = a.silo_id and l.ended_at is null and l.lease_until > @Now) as owner_lives
            from idempotent_answers a where a.id = @Id
            """,
            asks,
            tx);
        switch (row)
        {
            case var _ when row.RequestHash != asks.RequestHash:
                return new(IdempotentOutcome.OtherRequest);
            case { Status: Unanswered }:
                return new(IdempotentOutcome.TookEffect);
            case { Answer: { } answer }:
                return new(IdempotentOutcome.Answered, Answer: answer);
            case { OwnerLives: true } when asks.Now - row.At < LongestRequest:
                return new(IdempotentOutcome.InFlight);
            case { HasEffect: true }:
                return new(IdempotentOutcome.TookEffect);
        }

        // Whoever has it may have committed its effect just now, or another repeat been faster: the row decides.
        var taken = await tx.Connection!.ExecuteAsync(
            """
            update idempotent_answers set at = @Now, silo_id = @SiloId, token = @Token
            where id = @Id and status is null and has_effect = 0 and coalesce(token, '') = @Held
            """,
            new { asks.Id, asks.Now, asks.SiloId, asks.Token, Held = row.Token ?? "" },
            tx);
        return taken == 1 ? mine : new(IdempotentOutcome.InFlight);
    }

    private sealed record Claimant(string Id, string RequestHash, DateTimeOffset Now, DateTimeOffset Oldest, string SiloId, string Token);

    private sealed class Row
    {
        public string RequestHash { get; init; } = "";
        public DateTimeOffset At { get; init; }
        public bool HasEffect { get; init; }
        public int? Status { get; init; }
        public string? ContentType { get; init; }
        public string? Location { get; init; }
        public string? Etag { get; init; }
        public string? Body { get; init; }
        public string? Token { get; init; }
        public bool OwnerLives { get; init; }

        public StoredAnswer? Answer => Status is { } status ? new(status, ContentType, Location, Etag, Body ?? "") : null;
    }
}
