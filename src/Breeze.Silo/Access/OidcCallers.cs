using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using Breeze.Contracts;
using Breeze.Core;
using Breeze.Core.Access;
using Microsoft.AspNetCore.Authentication.JwtBearer;

namespace Breeze.Silo.Access;

/// <summary>Makes callers of an OIDC issuer's tokens.</summary>
internal static class OidcCallers
{
    public static void Configure(JwtBearerOptions bearer, OidcSettings settings)
    {
        bearer.Authority = settings.Issuer;
        bearer.Audience = settings.Audience;
        bearer.RequireHttpsMetadata = settings.IsHttps;
        bearer.MapInboundClaims = false;
        bearer.Events = new JwtBearerEvents
        {
            OnTokenValidated = context =>
            {
                var address = context.HttpContext.Connection.RemoteIpAddress?.ToString();
                if (FromClaims(context.Principal!, address) is { } caller)
                {
                    context.Principal = new ClaimsPrincipal(new CallerIdentity(caller, context.SecurityToken.ValidTo));
                }
                else
                {
                    context.Fail("The token names no role and scope.");
                }

                return Task.CompletedTask;
            },
        };
    }

    /// <summary>The caller that a valid token stands for; null when its claims give no role or no reach.</summary>
    public static Caller? FromClaims(ClaimsPrincipal principal, string? address)
    {
        if (principal.FindFirstValue("iss") is not { } issuer
            || principal.FindFirstValue("sub") is not { } subject
            || !EnumName.TryParse<Role>(principal.FindFirstValue("breeze_role"), out var role)
            || ParseScope(principal.FindFirstValue("breeze_scope")) is not { } scope)
        {
            return null;
        }

        var name = principal.FindFirstValue("email") ?? principal.FindFirstValue("name") ?? subject;
        return new Caller(IdOf(issuer, subject), name.Length > 200 ? name[..200] : name, role, scope, address);
    }

    private static OrgScope? ParseScope(string? text) => text?.Split(':', 2) switch
    {
        ["system"] => OrgScope.System,
        ["partner", var id] when Guid.TryParse(id, out var partner) => OrgScope.Partner(new(partner)),
        ["org", var id] when Guid.TryParse(id, out var org) => OrgScope.Org(new(org)),
        _ => null,
    };

    // Version 8: an id made from a name. It is how the audit log tells users from keys, whose ids are version 7.
    private static ApiKeyId IdOf(string issuer, string subject)
    {
        var bytes = SHA256.HashData(Encoding.UTF8.GetBytes($"{issuer}\n{subject}"))[..16];
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x80);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new ApiKeyId(new Guid(bytes, bigEndian: true));
    }
}
