using System.Net;
using System.Text;
using Breeze.Contracts.Access;

namespace Breeze.Cli.Tests;

/// <summary>A server's side of the wire: answers in the order given and remembers what it was asked.</summary>
internal sealed class ScriptedServer(params IEnumerable<Func<HttpResponseMessage>> answers) : HttpMessageHandler
{
    private readonly Queue<Func<HttpResponseMessage>> _answers = new(answers);

    public List<(HttpMethod Method, string Path, string? IdempotencyKey, string? Body)> Asked { get; } = [];

    public List<(string? Authorization, string? AntiForgery)> Credentials { get; } = [];

    public static Func<HttpResponseMessage> Answer(int status, string json, string? retryAfter = null) => () =>
    {
        var answer = new HttpResponseMessage((HttpStatusCode)status) { Content = new StringContent(json, Encoding.UTF8, "application/json") };
        if (retryAfter is not null)
        {
            answer.Headers.TryAddWithoutValidation("Retry-After", retryAfter);
        }

        return answer;
    };

    public static Func<HttpResponseMessage> Drop() => () => throw new HttpRequestException("connection reset");

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Asked.Add((
            request.Method,
            request.RequestUri!.PathAndQuery,
            request.Headers.TryGetValues("Idempotency-Key", out var keys) ? keys.Single() : null,
            request.Content is null ? null : await request.Content.ReadAsStringAsync(cancellationToken)));
        Credentials.Add((
            request.Headers.Authorization?.ToString(),
            request.Headers.TryGetValues(SessionNames.AntiForgeryHeader, out var tokens) ? tokens.Single() : null));
        return _answers.Dequeue()();
    }
}
