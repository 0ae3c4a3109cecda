using System.Net.Http.Headers;
using System.Reflection;
using Breeze.Client.Http;
using Breeze.Client.Live;
using Breeze.Client.Patches;
using Breeze.Client.Resources;
using Breeze.Contracts.Access;
using Breeze.Contracts.Fleet;
using Breeze.Contracts.Software;

namespace Breeze.Client;

/// <summary>The typed client of a Breeze server's HTTP API and live hub.</summary>
/// <remarks>
/// Safe for use by many threads. Calls that the server was too busy or away for are repeated a bounded number of times with jittered waits;
/// a POST carries one <c>Idempotency-Key</c> through all its tries. Runs in the browser too: nothing here is tied to a platform.
/// </remarks>
public sealed class BreezeClient : IDisposable
{
    private readonly HttpClient _http;
    private readonly Transport _transport;
    private readonly string? _key;

    /// <param name="http">With <see cref="HttpClient.BaseAddress"/> set. The client owns it from here on.</param>
    /// <param name="key">The API key; null where the browser's sign-in cookie is the credential.</param>
    public BreezeClient(HttpClient http, string? key = null, BreezeClientOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(http);
        _http = http;
        _key = key;
        Options = options ?? new();
        Server = http.BaseAddress ?? throw new ArgumentException("The HTTP client needs a base address.", nameof(http));
        // Each try has its own limit; the HttpClient's would cut initialize short.
        http.Timeout = Timeout.InfiniteTimeSpan;
        if (key is not null)
        {
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        }

        var transport = _transport = new Transport(http, Options);
        Session = new SessionClient(transport);
        Deployments = new DeploymentsClient(transport);
        Sites = new(transport, "sites");
        Devices = new DevicesClient(transport);
        Groups = new GroupsClient(transport);
        Scripts = new(transport, "scripts");
        EnrollmentKeys = new(transport, "enrollment-keys");
        MaintenanceWindows = new WindowsClient(transport);
        Previews = new PreviewsClient(transport);
        Partners = new(transport, "partners");
        Organizations = new(transport, "organizations");
        ApiKeys = new ApiKeysClient(transport);
        AuditLogs = new AuditLogsClient(transport);
        Cluster = new ClusterClient(transport);
        Patches = new PatchesClient(transport);
        Compliance = new ComplianceClient(transport);
        Jobs = new JobsClient(transport);
        Rollbacks = new RollbacksClient(transport);
        Policies = new PoliciesClient(transport);
        SoftwarePackages = new(transport, "software-packages");
    }

    /// <summary>A client for the server at this address.</summary>
    /// <param name="server">For example <c>http://127.0.0.1:5080</c>; a path in it is ignored.</param>
    /// <param name="key">The API key; null where the browser's sign-in cookie is the credential.</param>
    public static BreezeClient Connect(Uri server, string? key, BreezeClientOptions? options = null)
    {
        var http = options?.Handler is { } handler ? new HttpClient(handler, disposeHandler: false) : new HttpClient();
        http.BaseAddress = new Uri(server, "/");
        if (!OperatingSystem.IsBrowser())
        {
            // A browser names itself, and does not let a page do it.
            http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("breeze-client", Version));
        }

        return new BreezeClient(http, key, options);
    }

    public Uri Server { get; }

    public BreezeClientOptions Options { get; }

    /// <summary>
    /// Sent with whatever changes something, where a cookie is the credential. <see cref="SessionClient"/> sets it by itself; a page that got its
    /// session elsewhere sets it here.
    /// </summary>
    public string? AntiForgeryToken
    {
        get => _transport.AntiForgeryToken;
        set => _transport.AntiForgeryToken = value;
    }

    public SessionClient Session { get; }

    public DeploymentsClient Deployments { get; }

    public EditableResource<Site, SiteBody, SiteBody> Sites { get; }

    public DevicesClient Devices { get; }

    public GroupsClient Groups { get; }

    public EditableResource<Script, ScriptBody, ScriptBody> Scripts { get; }

    /// <summary>Their text is in the answer to their creation, and never again.</summary>
    public CreatableResource<EnrollmentKey, EnrollmentKeyBody, EnrollmentKey> EnrollmentKeys { get; }

    public WindowsClient MaintenanceWindows { get; }

    public PreviewsClient Previews { get; }

    public EditableResource<Partner, PartnerRequest, PartnerRequest> Partners { get; }

    public EditableResource<Organization, CreateOrganization, UpdateOrganization> Organizations { get; }

    /// <summary>Their text is in the answer to their creation, and never again.</summary>
    public ApiKeysClient ApiKeys { get; }

    public AuditLogsClient AuditLogs { get; }

    public ClusterClient Cluster { get; }

    public PatchesClient Patches { get; }

    public ComplianceClient Compliance { get; }

    public JobsClient Jobs { get; }

    public RollbacksClient Rollbacks { get; }

    public PoliciesClient Policies { get; }

    public EditableResource<SoftwarePackage, SoftwarePackageBody, SoftwarePackageBody> SoftwarePackages { get; }

    /// <summary>A live connection with the same server and key, not yet started; the caller disposes it.</summary>
    public ConsoleConnection Live() => new(Server, _key, Options, IsSignedIn);

    /// <summary>True once the server can do work; false while it starts, ends or cannot be reached. Never throws for an absent server.</summary>
    public async Task<bool> IsReady(CancellationToken cancel = default)
    {
        try
        {
            using var answer = await _http.GetAsync("health/ready", cancel);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    public void Dispose() => _http.Dispose();

    // A browser does not tell a page why a web socket was refused; this does.
    private async Task<BreezeException?> IsSignedIn(CancellationToken cancel)
    {
        try
        {
            await Session.Current(cancel);
            return null;
        }
        catch (BreezeException refused) when (refused.Status == 401)
        {
            return refused;
        }
        catch (BreezeException)
        {
            // Away, which says nothing about the session.
            return null;
        }
    }

    private static string Version => typeof(BreezeClient).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";
}
