using System.Text.Json.Serialization;

namespace Breeze.Contracts.Agents;

/// <summary>What a device runs; <c>windows</c>, <c>macos</c> or <c>linux</c> on the wire.</summary>
[JsonConverter(typeof(SnakeCaseEnum<OsType>))]
public enum OsType
{
    Windows = 1,

    // Spelt so that it is one word on the wire, as the contract's filter values have it.
    Macos = 2,
    Linux = 3,
}

/// <summary>Body of <c>POST /api/v1/agents/enroll</c>.</summary>
/// <param name="EnrollmentKey">The key an operator made for a site; its use is counted.</param>
/// <param name="Hostname">1–255 characters, any text.</param>
/// <param name="OsType">The operating system's kind.</param>
/// <param name="OsVersion">At most 255 characters.</param>
/// <param name="Architecture">For example <c>x64</c>; at most 64 characters.</param>
/// <param name="AgentVersion">At most 64 characters.</param>
/// <param name="Tags">At most 50, each 1–64 characters; null for none.</param>
public sealed record EnrollRequest(
    string EnrollmentKey,
    string Hostname,
    OsType OsType,
    string OsVersion,
    string Architecture,
    string AgentVersion,
    IReadOnlyList<string>? Tags = null);

/// <summary>The body of the 201 answer to an enrolment.</summary>
public sealed record EnrollAnswer(Enrolled Data);

/// <summary>A device's identity and credential.</summary>
/// <param name="Token">The device's credential (<c>brd_…</c>), shown this once.</param>
/// <param name="CommandKeys">The keys to pin: only commands signed by one of them are run.</param>
public sealed record Enrolled(Guid DeviceId, Guid OrgId, Guid SiteId, string Token, IReadOnlyList<CommandKey> CommandKeys);

/// <summary>Body of <c>POST /api/v1/agents/rotate-token</c>, sent with the credential in use (or, as a repeat, with the new one).</summary>
/// <param name="Token">
/// The device's next credential: <c>brd_</c> and 43 characters of base64url (256 random bits), made and stored by the agent before it asks, so
/// that a lost answer locks nobody out: it tries both. The old one stops working when this is answered with 200.
/// </param>
public sealed record RotateTokenRequest(string Token);

/// <summary>A key that signs commands.</summary>
/// <param name="Id">The first 16 hex digits of the SHA-256 of the public key.</param>
/// <param name="Algorithm">Always <see cref="CommandSignature.Algorithm"/>.</param>
/// <param name="PublicKey">SubjectPublicKeyInfo (DER), base64.</param>
/// <param name="SignedBy">The id of an earlier key that vouches for this one; null for the first.</param>
/// <param name="Signature">That key's signature over <see cref="CommandSignature.KeyBytes"/>, base64; null for the first.</param>
public sealed record CommandKey(string Id, string Algorithm, string PublicKey, string? SignedBy = null, string? Signature = null);
