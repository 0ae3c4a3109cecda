using System.Security.Cryptography;
using System.Text;
using Breeze.Core;
using Breeze.Silo.Access;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Hosting;

/// <summary>Leaves these members of <c>data</c> out of a stored answer: they are shown once.</summary>
public sealed record OneTimeSecrets(params string[] Members);

/// <summary>A GET that makes something: it takes <c>Idempotency-Key</c> and what is refused is audited, like a POST.</summary>
public sealed record CreatesByGet;

/// <summary>An answer whose point is its cookie, which is not kept: the request is carried out each time it is sent.</summary>
public sealed record SetsCookie;

internal static class Creation
{
    /// <summary>Whether the request makes something, or does something, each time it is sent.</summary>
    public static bool Creates(this HttpContext http) =>
        HttpMethods.IsPost(http.Request.Method) || http.GetEndpoint()?.Metadata.GetMetadata<CreatesByGet>() is not null;
}

/// <summary><c>Idempotency-Key</c>: the same request again gets the first answer again and has one effect.</summary>
/// <remarks>
/// A key belongs to its caller, method and path. It is taken by an insert that only one request can win, before anything is done, so
/// that two at once on two silos make one effect. The effect notes itself in its own transaction (<see cref="Audit"/>): when the answer is
/// lost, by a 503 or with the silo, a repeat is carried out if there was none, and told to look if there was.
/// </remarks>
internal sealed partial class Idempotency(RequestDelegate next, IdempotentAnswers answers, TimeProvider clock, ILogger<Idempotency> logger)
{
    /// <summary>In <see cref="HttpContext.Items"/> when a request was answered without being judged.</summary>
    public const string NotJudged = "breeze.not-judged";

    private const string Header = "Idempotency-Key";
    private static readonly TimeSpan BetweenTries = TimeSpan.FromSeconds(1);

    public Task Invoke(HttpContext http) =>
        http.Creates() && http.Request.Headers.ContainsKey(Header) && http.User.FindCaller() is { } caller
            && http.GetEndpoint()?.Metadata.GetMetadata<SetsCookie>() is null
            ? Once(http, caller.KeyId)
            : next(http);

    private async Task Once(HttpContext http, ApiKeyId caller)
    {
        var key = http.Request.Headers[Header].ToString();
        if (key.Length is 0 or > 200 || key.Any(char.IsControl))
        {
            throw new RefusedException(Refusal.Invalid($"{Header} must be a text of 1 to 200 characters.", Header));
        }

        var id = Hash($"{caller}\n{http.Request.Method}\n{http.Request.Path}\n{key}");
        var taken = await answers.Take(id, await RequestHash(http), http.RequestAborted);
        switch (taken.Outcome)
        {
            case IdempotentOutcome.Mine:
                await Run(http, taken.Operation!);
                break;
            case IdempotentOutcome.Answered:
                http.Items[NotJudged] = true;
                await Replay(http, taken.Answer!);
                break;
            default:
                http.Items[NotJudged] = true;
                if (taken.Outcome == IdempotentOutcome.InFlight)
                {
                    http.Response.Headers.RetryAfter = "1";
                }

                var (status, sentence) = Refuse(taken.Outcome);
                await Problems.Write(http, status, Refusal.Invalid(sentence, Header));
                break;
        }
    }

    private static (int Status, string Sentence) Refuse(IdempotentOutcome outcome) => outcome switch
    {
        IdempotentOutcome.OtherRequest => (422, $"This {Header} was used for another request; use a new one."),
        IdempotentOutcome.InFlight => (409, $"The first request with this {Header} is still being carried out; ask again shortly."),
        _ => (409, $"The first request with this {Header} took effect, but its answer was lost. Look at what it did; then use a new key."),
    };

    private async Task Run(HttpContext http, string operation)
    {
        // Whoever sent a key will ask again: what was begun is finished and its answer kept, though nobody waits for it any more.
        http.RequestAborted = CancellationToken.None;
        http.SetOperation(operation);
        var wire = http.Response.Body;
        using var buffer = new MemoryStream();
        http.Response.Body = buffer;
        try
        {
            await Answer(http);
        }
        catch
        {
            await Keep(operation, null);
            throw;
        }
        finally
        {
            http.Response.Body = wire;
        }

        await Keep(operation, http.Response.StatusCode < 500 ? StoredAnswer.Of(http, buffer) : null);
        buffer.Position = 0;
        await buffer.CopyToAsync(wire, http.RequestAborted);
    }

    private async Task Answer(HttpContext http)
    {
        try
        {
            await next(http);
        }
        catch (Exception e) when (HttpErrors.Explain(e, http) is { Status: < 500 } known)
        {
            await Problems.Write(http, known.Status, known.Refusal);
        }
    }

    // The effect is committed already; failing now would only hide it. A repeat waits for the answer as long as this silo is there to bring it.
    private async Task Keep(string operation, StoredAnswer? answer)
    {
        try
        {
            await answers.Keep(operation, answer);
        }
        catch (StorageUnavailableException e)
        {
            LogNotKept(e);
            _ = KeepLater(operation, answer);
        }
    }

    private async Task KeepLater(string operation, StoredAnswer? answer)
    {
        for (var since = clock.GetTimestamp(); clock.GetElapsedTime(since) < IdempotentAnswers.LongestRequest;)
        {
            await Task.Delay(BetweenTries, clock);
            try
            {
                await answers.Keep(operation, answer);
                return;
            }
            catch (StorageUnavailableException)
            {
                // Still away. When it stays away a repeat finds the request abandoned.
            }
        }
    }

    private static async Task Replay(HttpContext http, StoredAnswer answer)
    {
        http.Response.StatusCode = answer.Status;
        http.Response.ContentType = answer.ContentType;
        http.Response.Headers["Idempotency-Replayed"] = "true";
        http.Response.Headers.Location = answer.Location;
        http.Response.Headers.ETag = answer.Etag;
        await http.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(answer.Body), http.RequestAborted);
    }

    private static async Task<string> RequestHash(HttpContext http)
    {
        http.Request.EnableBuffering();
        var body = await SHA256.HashDataAsync(http.Request.Body, http.RequestAborted);
        http.Request.Body.Position = 0;
        return Hash($"{http.Request.QueryString}\n{Convert.ToHexStringLower(body)}");
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    [LoggerMessage(Level = LogLevel.Warning, Message = "An idempotent answer was not kept; trying again while its repeats wait")]
    private partial void LogNotKept(Exception exception);
}
