using System.Security.Claims;
using Breeze.Core.Access;
using Breeze.Silo.Access;
using Xunit;

namespace Breeze.Silo.Tests.Access;

public sealed class OidcCallersTests
{
    private const string Tenant = "0198f6a0-0000-7000-8000-000000000002";

    [Theory]
    [InlineData("viewer", "system", Role.Viewer, ScopeKind.System)]
    [InlineData("technician", "partner:" + Tenant, Role.Technician, ScopeKind.Partner)]
    [InlineData("admin", "org:" + Tenant, Role.Admin, ScopeKind.Org)]
    public void A_tokens_claims_give_role_and_reach(string role, string scope, Role expected, ScopeKind reach)
    {
        var caller = OidcCallers.FromClaims(Token(role, scope), "192.0.2.1")!;
        Assert.Equal((expected, reach), (caller.Role, caller.Scope.Kind));
        Assert.Equal("user", AuditActor.Of(caller).Kind);
        Assert.Equal(caller.KeyId, OidcCallers.FromClaims(Token("viewer", "system"), null)!.KeyId);
    }

    [Theory]
    [InlineData(null, "system")]
    [InlineData("admin", null)]
    [InlineData("owner", "system")]
    [InlineData("Admin", "system")]
    [InlineData("admin", "org")]
    [InlineData("admin", "org:")]
    [InlineData("admin", "org:everything")]
    [InlineData("admin", "everything")]
    public void A_token_without_a_role_or_a_reach_of_ours_is_nobodys(string? role, string? scope) =>
        Assert.Null(OidcCallers.FromClaims(Token(role, scope), null));

    private static ClaimsPrincipal Token(string? role, string? scope) => new(new ClaimsIdentity(
    [
        new("iss", "https://login.example"),
        new("sub", "user-1"),
        .. role is null ? Array.Empty<Claim>() : [new("breeze_role", role)],
        .. scope is null ? Array.Empty<Claim>() : [new("breeze_scope", scope)],
    ]));
}
