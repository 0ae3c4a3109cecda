using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Breeze.Contracts;
using Breeze.Contracts.Access;

namespace Breeze.Client.Http;

/// <summary>Sends calls, repeats what may be repeated, and turns refusals into <see cref="BreezeException"/>.</summary>
internal sealed class Transport(HttpClient http, BreezeClientOptions options)
{
    public BreezeClientOptions Options => options;

    /// <summary>What a request by the browser's cookie proves with that this page sent it; null where no cookie is the credential.</summary>
    public string? AntiForgeryToken { get; set; }

    public async Task<T> Send<T>(Call call, CancellationToken cancel) => (await SendVersioned<T>(call, cancel)).Value;

    public Task Send(Call call, CancellationToken cancel) => Exchange(call, (_, _) => Task.FromResult(true), cancel);

    /// <summary>The members of <c>data</c>, with the answer's ETag.</summary>
    public Task<Versioned<T>> SendVersioned<T>(Call call, CancellationToken cancel) =>
        Exchange(call, async (response, token) => new Versioned<T>((await Body<Single<T>>(response, token)).Data, response.Headers.ETag?.ToString()), cancel);

    /// <summary>The whole body: lists, and the answers that are bare objects.</summary>
    public Task<T> SendBare<T>(Call call, CancellationToken cancel) => Exchange(call, Body<T>, cancel);

    /// <summary>The body as it is, into a stream that can be rewound.</summary>
    public Task Fetch(Call call, Stream destination, CancellationToken cancel) => Exchange(
        call,
        async (response, token) =>
        {
            destination.SetLength(0);
            await response.Content.CopyToAsync(destination, token);
            return true;
        },
        cancel);

    private async Task<T> Exchange<T>(Call call, Func<HttpResponseMessage, CancellationToken, Task<T>> read, CancellationToken cancel)
    {
        // One key for all tries of this call: the server answers a repeat with what the first one did.
        var idempotencyKey = call.IdempotencyKey ?? (call.Method == HttpMethod.Post ? Guid.CreateVersion7().ToString() : null);
        var unknownFate = false;
        var since = options.Time.GetTimestamp();
        for (var attempt = 1; ; attempt++)
        {
            TimeSpan? asked = null;
            BreezeException failure;
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            patience.CancelAfter(call.Timeout ?? options.Timeout);
            try
            {
                using var request = Request(call, idempotencyKey);
                using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token);
                if (response.IsSuccessStatusCode || (unknownFate && Gone(call, response)))
                {
                    return response.IsSuccessStatusCode ? await read(response, patience.Token) : default!;
                }

                failure = await Problem.Read(response, patience.Token);
                asked = Problem.RetryAfter(response.Headers, options.Time);
                if (!MayRepeat(response.StatusCode, asked, attempt))
                {
                    throw failure;
                }
            }
            catch (Exception lost) when (IsLoss(lost) && !cancel.IsCancellationRequested)
            {
                failure = Lost(lost);
                unknownFate = true;
                if (!call.MayRepeatBlindly)
                {
                    throw failure;
                }
            }

            // The first try is still under way somewhere, maybe on a server that just died and is about to be given up: its outcome is worth a wait.
            if (failure.Status == (int)HttpStatusCode.Conflict && options.Time.GetElapsedTime(since) < options.LongestRetryAfter)
            {
                attempt--;
            }

            if (attempt >= options.Attempts || asked > options.LongestRetryAfter)
            {
                throw failure;
            }

            await Task.Delay(Backoff.Wait(attempt, asked, options), options.Time, cancel);
        }
    }

    private HttpRequestMessage Request(Call call, string? idempotencyKey)
    {
        var request = new HttpRequestMessage(call.Method, call.Path);
        if (call.Body is not null)
        {
            request.Content = JsonContent.Create(call.Body, call.Body.GetType(), options: BreezeJson.Options);
        }

        if (idempotencyKey is not null)
        {
            request.Headers.TryAddWithoutValidation("Idempotency-Key", idempotencyKey);
        }

        if (AntiForgeryToken is { } token && (call.Method != HttpMethod.Get || call.IdempotencyKey is not null))
        {
            request.Headers.TryAddWithoutValidation(SessionNames.AntiForgeryHeader, token);
        }

        if (call.IfMatch is not null)
        {
            request.Headers.IfMatch.Add(EntityTagHeaderValue.Parse(call.IfMatch));
        }

        return request;
    }

    private static async Task<T> Body<T>(HttpResponseMessage response, CancellationToken cancel)
    {
        try
        {
            return await response.Content.ReadFromJsonAsync<T>(BreezeJson.Lenient, cancel)
                ?? throw new BreezeException("The server answered nothing.", (int)response.StatusCode);
        }
        catch (JsonException unreadable)
        {
            throw new BreezeException("The server's answer could not be read; is it a Breeze server of this version?", (int)response.StatusCode, inner: unreadable);
        }
    }

    /// <summary>503 and its kin did not act. 409 with <c>Retry-After</c> on a repeat means that the first try is still being answered.</summary>
    private static bool MayRepeat(HttpStatusCode status, TimeSpan? asked, int attempt) =>
        status is HttpStatusCode.ServiceUnavailable or HttpStatusCode.BadGateway or HttpStatusCode.GatewayTimeout or HttpStatusCode.TooManyRequests
        || (status == HttpStatusCode.Conflict && attempt > 1 && asked is not null);

    /// <summary>A delete whose answer was lost, and which now finds nothing, has done its work.</summary>
    private static bool Gone(Call call, HttpResponseMessage response) =>
        call.Method == HttpMethod.Delete && response.StatusCode == HttpStatusCode.NotFound;

    private static bool IsLoss(Exception exception) => exception is HttpRequestException or IOException or OperationCanceledException;

    private BreezeException Lost(Exception lost)
    {
        var server = http.BaseAddress?.GetLeftPart(UriPartial.Authority) ?? "The server";
        return new BreezeException(
            lost is OperationCanceledException ? $"{server} did not answer in time." : $"{server} cannot be reached.", inner: lost);
    }
}
