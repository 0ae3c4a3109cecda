using Breeze.Client.Http;
using Breeze.Contracts.Access;

namespace Breeze.Client.Resources;

/// <summary>Keys that call the API: made with their text shown once, renamed, prolonged, revoked.</summary>
public sealed class ApiKeysClient : CreatableResource<ApiKey, CreateApiKey, CreatedApiKey>
{
    internal ApiKeysClient(Transport transport)
        : base(transport, "api-keys")
    {
    }

    /// <summary>Gives it another name and end; role and scope stay.</summary>
    public Task<ApiKey> Update(Guid id, UpdateApiKey body, CancellationToken cancel = default) =>
        Transport.Send<ApiKey>(new(HttpMethod.Put, $"{Path}/{id}") { Body = body }, cancel);
}
