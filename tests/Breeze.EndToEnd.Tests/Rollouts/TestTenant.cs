using System.Diagnostics;
using System.Text.Json;
using Breeze.Client;
using Breeze.Contracts.Access;
using Breeze.Contracts.Agents;
using Breeze.Contracts.Deployments;
using Breeze.Contracts.Fleet;

namespace Breeze.EndToEnd.Tests.Rollouts;

/// <summary>An organization with a site and an enrolment key; and waiting for what becomes of its deployments.</summary>
public sealed class TestTenant
{
    private readonly BreezeClient _client;

    private TestTenant(BreezeClient client, Guid orgId, string enrollmentKey)
    {
        _client = client;
        OrgId = orgId;
        EnrollmentKey = enrollmentKey;
    }

    public Guid OrgId { get; }

    public string EnrollmentKey { get; }

    public static async Task<TestTenant> Create(BreezeClient client, string name = "Customer")
    {
        var org = await client.Organizations.Create(new CreateOrganization(name));
        var site = await client.Sites.Create(new SiteBody { OrgId = org.Id, Name = "Site", TimeZone = "UTC" });
        var key = await client.EnrollmentKeys.Create(new EnrollmentKeyBody { SiteId = site.Id, Name = "test" });
        return new TestTenant(client, org.Id, key.Key!);
    }

    /// <summary>Waits until that many devices are online.</summary>
    public Task Online(int devices) => Until(
        async () => await _client.Devices.List([("orgId", OrgId)]).CountAsync(device => device.Status == DeviceStatus.Online) is var online && online >= devices
            ? null
            : $"{online} devices are online, not {devices}",
        TimeSpan.FromSeconds(60));

    /// <summary>Creates and initializes a deployment of a bash script to all devices.</summary>
    public async Task<Guid> Initialize(string script, RolloutConfig? rollout = null)
    {
        var id = await Create(script, rollout);
        await _client.Deployments.Initialize(id);
        return id;
    }

    /// <summary>Creates a deployment of a bash script to all devices.</summary>
    public async Task<Guid> Create(string script, RolloutConfig? rollout = null)
    {
        var made = await _client.Scripts.Create(new ScriptBody
        {
            OrgId = OrgId,
            Name = "Script",
            Language = ScriptLanguage.Bash,
            Content = script,
            TimeoutSeconds = 300,
        });
        var deployment = await _client.Deployments.Create(new DeploymentBody
        {
            OrgId = OrgId,
            Name = "Rollout",
            Type = "script",
            Payload = JsonSerializer.SerializeToElement(new { scriptId = made.Id, parameters = new { } }),
            TargetType = "all",
            TargetConfig = new TargetConfig { Type = "all" },
            RolloutConfig = rollout ?? new RolloutConfig { Type = "immediate" },
        });
        return deployment.Value.Id;
    }

    /// <summary>Waits until the deployment looks as asked; the last look is in the message when it never does.</summary>
    public async Task<Deployment> Until(Guid deployment, Func<Deployment, bool> looks, string how, TimeSpan within)
    {
        Deployment last = null!;
        await Until(
            async () =>
            {
                last = (await _client.Deployments.Get(deployment)).Value;
                return looks(last) ? null : $"the deployment is {last.Status} ({last.PausedReason}) with {last.Progress}, not {how}";
            },
            within);
        return last;
    }

    public Task<Deployment> Ended(Guid deployment, TimeSpan within) => Until(
        deployment, now => now.Status is DeploymentStatus.Completed or DeploymentStatus.Failed or DeploymentStatus.Cancelled, "ended", within);

    /// <summary>The record of the device with this name, with its attempts.</summary>
    public async Task<DeviceRecord> Record(Guid deployment, string hostname)
    {
        var record = await _client.Deployments.Devices(deployment).FirstAsync(device => device.DeviceHostname == hostname);
        return await _client.Deployments.Device(deployment, record.DeviceId);
    }

    /// <param name="missing">Null once it is as asked; else what is still missing.</param>
    public static async Task Until(Func<Task<string?>> missing, TimeSpan within)
    {
        var clock = Stopwatch.StartNew();
        while (await Look(missing) is { } still)
        {
            Assert.True(clock.Elapsed < within, $"After {within.TotalSeconds:0} s {still}.");
            await Task.Delay(100);
        }
    }

    public static Task UntilFile(string path, string what) => Until(
        () => Task.FromResult(File.Exists(path) && new FileInfo(path).Length > 0 ? null : $"there is no {path}: {what}"), TimeSpan.FromSeconds(60));

    // While a silo is down there is nothing to see.
    private static async Task<string?> Look(Func<Task<string?>> missing)
    {
        try
        {
            return await missing();
        }
        catch (BreezeException e)
        {
            return $"the server cannot be asked: {e.Message}";
        }
    }
}
