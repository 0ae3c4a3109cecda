using System.Buffers.Text;
using System.Data.Common;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Breeze.Core;
using Breeze.Silo.Access;
using Breeze.Silo.Storage;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace Breeze.Silo.Agents;

/// <summary>A device's credential: <c>brd_</c> and 256 random bits; stored as SHA-256, which suffices for a text that cannot be guessed.</summary>
public static class DeviceToken
{
    public const string Prefix = "brd_";

    public static string New() => Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>What is stored: SHA-256 in lower hex.</summary>
    public static string Hash(string token) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
}

/// <summary>A device that was recognised by its credential.</summary>
public sealed class DeviceIdentity(DeviceId device) : ClaimsIdentity(
    [new Claim(ClaimTypes.NameIdentifier, device.ToString())], Schemes.Device)
{
    public DeviceId Device { get; } = device;
}

/// <summary>Finds devices by their credentials, many at a time.</summary>
public sealed class DeviceCredentials(IDatabase database) : IAsyncDisposable
{
    private readonly GroupRead<string, Holder> _holders = new("device_credentials", database, ReadHolders);

    /// <summary>The device whose valid credential this is; null when there is none.</summary>
    public async Task<DeviceId?> Find(string token) =>
        token.StartsWith(DeviceToken.Prefix, StringComparison.Ordinal) && await _holders.Read(DeviceToken.Hash(token)) is { } holder
            ? new DeviceId(holder.Id)
            : null;

    public ValueTask DisposeAsync() => _holders.DisposeAsync();

    // See AgentStore.WritePresence for why it is not two times "is null".
    private static async Task<IReadOnlyDictionary<string, Holder>> ReadHolders(DbConnection connection, IReadOnlyList<string> hashes) =>
        (await connection.QueryRows<Holder>(
            """
            with v as ({rows})
            select d.id, d.token_hash from v join devices d on d.token_hash = v.hash
            where coalesce(d.token_revoked_at, d.decommissioned_at) is null
            """,
            new Rows().Text("hash", [.. hashes]))).ToDictionary(h => h.TokenHash);

    private sealed class Holder
    {
        public Guid Id { get; init; }

        public string TokenHash { get; init; } = "";
    }
}

/// <summary>The scheme of device credentials; a key of an operator is nothing to it.</summary>
internal sealed class DeviceAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, DeviceCredentials credentials)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    private const string Bearer = "Bearer ";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var header = Request.Headers.Authorization.ToString();
        if (!header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase))
        {
            return AuthenticateResult.NoResult();
        }

        return await credentials.Find(header[Bearer.Length..].Trim()) is { } device
            ? AuthenticateResult.Success(new(new(new DeviceIdentity(device)), Scheme.Name))
            : AuthenticateResult.Fail("The device's credential is not valid.");
    }
}
