using System.Security.Claims;
using Breeze.Contracts.Access;
using Breeze.Core;
using Breeze.Silo.Hosting;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Breeze.Silo.Access.Sessions;

/// <summary>Signing in on the issuer's page: the code flow with PKCE, which ends in a session like any other.</summary>
internal static partial class OidcSignIn
{
    private const string Start = "/session/oidc";
    private const string Callback = Start + "/callback";

    /// <summary>Maps where the flow begins; where it ends belongs to the scheme.</summary>
    public static void MapOidcSignIn(this IEndpointRouteBuilder routes, SiloSettings settings) => routes
        .MapGet(Start, (string? returnTo) => settings.Oidc.SignsIn
            ? Results.Challenge(new AuthenticationProperties { RedirectUri = PublicAddress.LocalPath(returnTo) }, [Schemes.OidcSignIn])
            : Problems.From(Refusal.NotFound("The issuer's sign-in page")))
        .Public("It leads to the issuer, who asks for the credential.")
        .ExcludeFromDescription();

    public static void Configure(OpenIdConnectOptions oidc, OidcSettings settings)
    {
        (oidc.Authority, oidc.ClientId, oidc.ClientSecret) = (settings.Issuer, settings.ClientId, settings.ClientSecret);
        oidc.RequireHttpsMetadata = settings.IsHttps;
        oidc.CallbackPath = Callback;
        oidc.ResponseType = OpenIdConnectResponseType.Code;
        // By the address and not by a form: the issuer's page sends the browser back, and its cookies of this flow come along though they are SameSite.
        oidc.ResponseMode = OpenIdConnectResponseMode.Query;
        oidc.UsePkce = true;
        oidc.MapInboundClaims = false;
        oidc.DisableTelemetry = true;
        oidc.Scope.Add("email");
        // The flow may begin on one silo and end on another; they share no keys but this secret.
        oidc.DataProtectionProvider = new SecretProtection(settings.ClientSecret!);
        // Nothing is signed in by it: a session is begun instead.
        oidc.SignInScheme = Schemes.Session;
        foreach (var cookie in new[] { oidc.CorrelationCookie, oidc.NonceCookie })
        {
            cookie.SameSite = SameSiteMode.Lax;
            cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
            cookie.Path = Start;
        }

        oidc.Events = new OpenIdConnectEvents
        {
            OnRedirectToIdentityProvider = context =>
            {
                context.ProtocolMessage.RedirectUri = PublicAddress.Of(context.Request) + Callback;
                return Task.CompletedTask;
            },
            OnTokenValidated = context =>
            {
                if (OidcCallers.FromClaims(context.Principal!, context.HttpContext.Connection.RemoteIpAddress?.ToString()) is { } caller)
                {
                    context.Principal = new ClaimsPrincipal(new CallerIdentity(caller));
                }
                else
                {
                    context.Fail("The token names no role and scope.");
                }

                return Task.CompletedTask;
            },
            OnTicketReceived = Begin,
            OnRemoteFailure = Refuse,
        };
    }

    private static async Task Begin(TicketReceivedContext context)
    {
        var http = context.HttpContext;
        var caller = context.Principal.Caller();
        await http.RequestServices.GetRequiredService<SignIns>().Begin(http, caller, SignedInBy.Oidc);
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Redirect(PublicAddress.LocalPath(context.ReturnUri));
        context.HandleResponse();
    }

    // Whoever comes back without a sign-in is told so on our own page; why is for the log, since the issuer's words are anybody's.
    private static Task Refuse(RemoteFailureContext context)
    {
        var http = context.HttpContext;
        LogRefused(
            http.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(OidcSignIn)),
            context.Failure?.Message.ReplaceLineEndings(" "), http.TraceIdentifier);
        http.Response.Redirect("/sign-in?error=oidc");
        context.HandleResponse();
        return Task.CompletedTask;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A sign-in at the issuer's page came to nothing: {Reason}, request {RequestId}")]
    private static partial void LogRefused(ILogger logger, string? reason, string requestId);
}
