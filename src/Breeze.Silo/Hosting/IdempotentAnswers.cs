using System.Data.Common;
using System.Text;
using System.Text.Json.Nodes;
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

    /// <summary>Taken longer ago than any request lasts, and never answered.</summary>
    Lost,
}

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
internal sealed class IdempotentAnswers(IDatabase database, TimeProvider clock)
{
    /// <summary>How long an answer is given again.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromHours(24);

    // The status of a request that had an effect and no answer below 500.
    private const int Unanswered = 0;

    // A request ends within 120 s; what has not answered by now never will.
    private static readonly TimeSpan LongestRequest = TimeSpan.FromSeconds(150);

    /// <summary>Takes the key for this request, or says what became of the one that has it.</summary>
    public Task<(IdempotentOutcome Outcome, StoredAnswer? Answer)> Take(string id, string requestHash, CancellationToken cancel) =>
        database.Write<(IdempotentOutcome, StoredAnswer?)>(
            async tx =>
            {
                var connection = tx.Connection!;
                var now = clock.GetUtcNow();
                await connection.ExecuteAsync(
                    "delete from idempotent_answers where id = @id and at < @oldest", new { id, oldest = now - Kept }, tx);
                var mine = await connection.ExecuteAsync(
                    "insert into idempotent_answers (id, request_hash, at) values (@id, @requestHash, @now) on conflict (id) do nothing",
                    new { id, requestHash, now },
                    tx);
                if (mine == 1)
                {
                    return (IdempotentOutcome.Mine, null);
                }

                var row = await connection.QuerySingleAsync<Row>("select * from idempotent_answers where id = @id", new { id }, tx);
                return (Judge(row, requestHash, now), row.Answer);
            },
            cancel);

    /// <summary>Keeps the answer; null gives the key free again, unless something of the request was committed.</summary>
    public Task Keep(string id, StoredAnswer? answer) => database.Write(tx => answer is null
        ? Free(tx, id)
        : tx.Connection!.ExecuteAsync(
            """
            update idempotent_answers set status = @Status, content_type = @ContentType, location = @Location, etag = @Etag, body = @Body
            where id = @id
            """,
            new { id, answer.Status, answer.ContentType, answer.Location, answer.Etag, answer.Body },
            tx));

    /// <summary>Forgets what is too old to be asked for again.</summary>
    public Task Sweep(CancellationToken cancel) => database.Write(
        tx => tx.Connection!.ExecuteAsync("delete from idempotent_answers where at < @oldest", new { oldest = clock.GetUtcNow() - Kept }, tx),
        cancel);

    private static async Task<int> Free(DbTransaction tx, string id)
    {
        await tx.Connection!.ExecuteAsync("delete from idempotent_answers where id = @id and has_effect = 0", new { id }, tx);
        return await tx.Connection!.ExecuteAsync("update idempotent_answers set status = @Unanswered where id = @id", new { id, Unanswered }, tx);
    }

    private static IdempotentOutcome Judge(Row row, string requestHash, DateTimeOffset now) => row switch
    {
        _ when row.RequestHash != requestHash => IdempotentOutcome.OtherRequest,
        { Status: Unanswered } => IdempotentOutcome.TookEffect,
        { Status: not null } => IdempotentOutcome.Answered,
        _ when now - row.At < LongestRequest => IdempotentOutcome.InFlight,
        { HasEffect: true } => IdempotentOutcome.TookEffect,
        _ => IdempotentOutcome.Lost,
    };

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

        public StoredAnswer? Answer => Status is { } status ? new(status, ContentType, Location, Etag, Body ?? "") : null;
    }
}
