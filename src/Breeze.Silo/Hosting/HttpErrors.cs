using System.Data.Common;
using Breeze.Core;
using Breeze.Silo.Storage;
using Microsoft.AspNetCore.Http.Metadata;
using Npgsql;

namespace Breeze.Silo.Hosting;

/// <summary>The outermost step of a request: gives it an id, and turns whatever goes wrong into a problem.</summary>
public sealed partial class HttpErrors(RequestDelegate next, ILogger<HttpErrors> logger)
{
    /// <summary>The largest body that is read, in bytes.</summary>
    public const long LargestBody = 1024 * 1024;

    public async Task Invoke(HttpContext http)
    {
        http.TraceIdentifier = Guid.CreateVersion7().ToString("N");
        http.Response.Headers["X-Request-Id"] = http.TraceIdentifier;
        Harden(http.Response.Headers);
        try
        {
            if (http.Request.ContentLength > LargestBody)
            {
                await Problems.Write(http, StatusCodes.Status413PayloadTooLarge, Refusal.Invalid("The body is larger than 1 MB."));
                return;
            }

            await next(http);
            await NameBareStatus(http);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to read an answer.
        }
        catch (Exception e) when (!http.Response.HasStarted)
        {
            var (status, refusal) = Explain(e, http);
            if (status == StatusCodes.Status500InternalServerError)
            {
                LogFailed(e, http.Request.Method, http.Request.Path, http.TraceIdentifier);
            }
            else if (status == StatusCodes.Status503ServiceUnavailable)
            {
                LogUnavailable(e.GetType().Name, http.Request.Method, http.Request.Path, http.TraceIdentifier);
            }

            await Problems.Write(http, status, refusal);
        }
    }

    // What a browser must not do with an answer, whatever it is: guess its kind, put it into another site's page, hand on its address or its window.
    private static void Harden(IHeaderDictionary headers)
    {
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
    }

    private static (int Status, Refusal Refusal) Away => (503, new(RefusalKind.Unavailable, "A part of the service is away for the moment; try again shortly."));

    internal static (int Status, Refusal Refusal) Explain(Exception exception, HttpContext http) => exception switch
    {
        RefusedException refused => (Problems.Status(refused.Refusal.Kind), refused.Refusal),
        BadHttpRequestException bad => BadRequests.Explain(bad, http.GetEndpoint()?.Metadata.GetMetadata<IAcceptsMetadata>()?.RequestType),
        // SQLite would store it; PostgreSQL has no such character.
        PostgresException { SqlState: PostgresErrorCodes.CharacterNotInRepertoire } =>
            (400, Refusal.Invalid("A text in the request contains the character U+0000, which is not allowed.")),
        TimeoutException => (503, new(RefusalKind.Unavailable,
            "The answer took too long. It is unknown whether the request took effect: look, or repeat it with the same Idempotency-Key.")),
        StorageUnavailableException { IsFull: true } =>
            (503, new(RefusalKind.Unavailable, "The server's disk is full: nothing was changed. It goes on by itself once there is room.")),
        DbException { IsTransient: true } or StorageUnavailableException { Retryable: true } or SiloUnavailableException or OrleansMessageRejectionException => Away,
        // A grain that could not read its rows as it activated: the cause is inside of what Orleans says.
        OrleansException { InnerException: { } cause } => Explain(cause, http),
        // Said while silos come and go: a grain was to be registered with one that is no more.
        OrleansException orleans when orleans.GetType() == typeof(OrleansException) => Away,
        _ => (500, Refusal.Invalid("Something went wrong here. The request id finds it in the log.")),
    };

    // Routing, authorization and the web socket middleware answer with a status alone.
    private static Task NameBareStatus(HttpContext http)
    {
        if (http.Response.HasStarted || http.Response.StatusCode < 400 || http.Response.ContentType is not null || http.Response.ContentLength > 0)
        {
            return Task.CompletedTask;
        }

        var status = http.Response.StatusCode;
        var message = status switch
        {
            401 => "A valid API key is required.",
            403 => "This key may not do that.",
            404 => "There is nothing at this address.",
            405 => "This address does not take that method.",
            413 => "The body is larger than 1 MB.",
            415 => "The body must be sent as application/json.",
            _ => "The request could not be carried out.",
        };
        return Problems.Write(http, status, Refusal.Invalid(message));
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed, request {RequestId}")]
    private partial void LogFailed(Exception exception, string method, string path, string requestId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Method} {Path} was answered with 503 for a {Cause}, request {RequestId}")]
    private partial void LogUnavailable(string cause, string method, string path, string requestId);
}
