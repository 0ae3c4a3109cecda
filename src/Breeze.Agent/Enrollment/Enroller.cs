using System.Net;
using System.Net.Http.Json;
using Breeze.Contracts.Agents;

namespace Breeze.Agent.Enrollment;

/// <summary>An enrolment that the server refused or could not be asked for.</summary>
/// <param name="message">A sentence without the key.</param>
/// <param name="isFinal">True when asking again cannot help: the key, or what was said about the device.</param>
/// <param name="retryAfter">How long the server wants to be left alone; null when it did not say.</param>
public sealed class EnrollmentException(string message, bool isFinal, TimeSpan? retryAfter = null) : Exception(message)
{
    public bool IsFinal { get; } = isFinal;

    public TimeSpan? RetryAfter { get; } = retryAfter;
}

/// <summary>Exchanges an enrolment key for an identity.</summary>
public static class Enroller
{
    /// <exception cref="EnrollmentException">No identity was given.</exception>
    public static async Task<Identity> Enroll(HttpClient http, Uri server, EnrollRequest request, CancellationToken cancelled)
    {
        try
        {
            var address = new Uri(server, AgentMethods.EnrollPath.TrimStart('/'));
            using var answer = await http.PostAsJsonAsync(address, request, AgentJson.Default.EnrollRequest, cancelled);
            if (answer.StatusCode != HttpStatusCode.Created)
            {
                throw await Refused(answer, cancelled);
            }

            var enrolled = (await answer.Content.ReadFromJsonAsync(AgentJson.Default.EnrollAnswer, cancelled))!.Data;
            return new Identity(server, enrolled.DeviceId, enrolled.OrgId, enrolled.SiteId, enrolled.Token, enrolled.CommandKeys);
        }
        catch (HttpRequestException e)
        {
            throw new EnrollmentException($"The server {server} cannot be reached: {e.Message}", isFinal: false);
        }
    }

    private static async Task<EnrollmentException> Refused(HttpResponseMessage answer, CancellationToken cancelled)
    {
        if (answer.StatusCode == HttpStatusCode.Forbidden)
        {
            return new EnrollmentException("The server refused the enrolment key: it is unknown, expired, used up or revoked.", isFinal: true);
        }

        var isFinal = answer.StatusCode is >= HttpStatusCode.BadRequest and < HttpStatusCode.InternalServerError and not HttpStatusCode.TooManyRequests;
        var body = await answer.Content.ReadAsStringAsync(cancelled);
        return new EnrollmentException(
            $"The server answered {(int)answer.StatusCode}: {body[..Math.Min(body.Length, 500)]}", isFinal, answer.Headers.RetryAfter?.Delta);
    }
}
