using System.Net;

namespace Breeze.Console.Access;

/// <summary>Notices on any answer that the session is over: expired, signed out elsewhere, or its key revoked.</summary>
public sealed class SessionWatch() : DelegatingHandler(new HttpClientHandler())
{
    public event Action? Unauthorized;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        if (response.StatusCode == HttpStatusCode.Unauthorized)
        {
            Unauthorized?.Invoke();
        }

        return response;
    }
}
