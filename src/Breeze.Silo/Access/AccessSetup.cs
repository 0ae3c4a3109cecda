using Breeze.Silo.Access.Sessions;
using Breeze.Silo.Hosting;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.DataProtection;

namespace Breeze.Silo.Access;

/// <summary>Keys, roles, tenants and audit, wired up.</summary>
public static class AccessSetup
{
    public static IServiceCollection AddAccess(this IServiceCollection services, SiloSettings settings)
    {
        services.AddSingleton<ApiKeyStore>().AddSingleton<Callers>().AddSingleton<FailedSignIns>();
        services.AddSingleton<OpenSessions>().AddSingleton<SignIns>();
        services.AddSingleton<TenantStore>().AddSingleton<AuditQueries>().AddSingleton<AccessQueries>();
        services.AddSingleton<IdempotentAnswers>();
        services.AddSingleton<IAuthorizationPolicyProvider, RightPolicies>();
        services.AddSingleton<IAuthorizationHandler, RightHandler>();
        services.AddSingleton<IAuthorizationMiddlewareResultHandler, RightRefusals>();
        services.AddHostedService<FirstStart>().AddHostedService<AccessHousekeeping>().AddHostedService<AuditRetention>();
        services.AddRateLimiter(_ => { }).ConfigureOptions<RateLimits>();
        services.AddAuthorization();

        // So that a handler can take the caller as a parameter.
        services.AddHttpContextAccessor();
        services.AddTransient(provider => provider.GetRequiredService<IHttpContextAccessor>().HttpContext!.Caller());
        AddSchemes(services, settings.Oidc);

        // Authentication brings data protection, which would make its keys in the home directory of whoever runs the silo.
        services.AddDataProtection().SetApplicationName("breeze").PersistKeysToFileSystem(new(Path.Combine(settings.Data, "protection")));
        services.AddLogging(log => log.AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error));
        return services;
    }

    /// <summary>After <see cref="HttpConventions.UseHttpConventions"/>, before the endpoints.</summary>
    public static IApplicationBuilder UseAccess(this IApplicationBuilder app) => app
        .UseMiddleware<RefusalAudit>()
        .UseAuthentication()
        .UseAuthorization()
        .UseMiddleware<AntiForgery>()
        .UseRateLimiter()
        .UseMiddleware<Idempotency>();

    /// <summary>Maps partners, organizations, API keys, the audit log and signing in under <c>/api/v1</c>.</summary>
    public static void MapAccess(this RouteGroupBuilder api)
    {
        api.MapPartners();
        api.MapOrganizations();
        api.MapApiKeys();
        api.MapAuditLogs();
        api.MapSessions();
    }

    // The device scheme is added by Agents, whose credentials it reads.
    private static void AddSchemes(IServiceCollection services, OidcSettings oidc)
    {
        var schemes = services.AddAuthentication(Schemes.Operator)
            .AddScheme<AuthenticationSchemeOptions, ApiKeyHandler>(Schemes.ApiKey, null)
            .AddScheme<AuthenticationSchemeOptions, SessionHandler>(Schemes.Session, null)
            .AddPolicyScheme(Schemes.Operator, null, options => options.ForwardDefaultSelector = http => SchemeOf(http.Request, oidc));
        if (oidc.Issuer is not null)
        {
            schemes.AddJwtBearer(Schemes.Oidc, bearer => OidcCallers.Configure(bearer, oidc));
        }

        if (oidc.SignsIn)
        {
            schemes.AddOpenIdConnect(Schemes.OidcSignIn, options => OidcSignIn.Configure(options, oidc));
        }
    }

    private static string SchemeOf(HttpRequest request, OidcSettings oidc) => request switch
    {
        _ when ApiKeyHandler.KeyOf(request) is not null => Schemes.ApiKey,
        _ when SessionCookie.Of(request) is not null => Schemes.Session,
        _ => oidc.Issuer is null ? Schemes.ApiKey : Schemes.Oidc,
    };
}
