using System.Text.Json;
using Breeze.Client;
using Breeze.Contracts.Access;
using Breeze.Contracts.Deployments;
using Breeze.Contracts.Fleet;

namespace Breeze.Cli.Demo;

/// <summary>The demo's customer: an organization with one site, a script and a key to enrol with.</summary>
public sealed record DemoTenant(Guid OrgId, Guid ScriptId, string EnrollmentKey)
{
    public static async Task<DemoTenant> Create(BreezeClient client, int devices, CancellationToken cancel)
    {
        var org = await client.Organizations.Create(new CreateOrganization("Demo customer"), cancel);
        var site = await client.Sites.Create(new SiteBody { OrgId = org.Id, Name = "Head office", TimeZone = "Europe/Zurich" }, cancel);
        var script = await client.Scripts.Create(DemoScript.Body(org.Id), cancel);
        var key = await client.EnrollmentKeys.Create(new EnrollmentKeyBody { SiteId = site.Id, Name = "demo", MaxUses = devices + 1 }, cancel);
        return new DemoTenant(org.Id, script.Id, key.Key ?? throw new DemoException("The server did not show the enrolment key."));
    }

    /// <summary>Four batches over all devices, one retry a minute later, paused should a fifth of all fail.</summary>
    public DeploymentBody Rollout() => new()
    {
        OrgId = OrgId,
        Name = "Look around, everywhere",
        Type = "script",
        Payload = JsonSerializer.SerializeToElement(new { scriptId = ScriptId, parameters = new { MESSAGE = "rolled out by breeze" } }),
        TargetType = "all",
        TargetConfig = new TargetConfig { Type = "all" },
        RolloutConfig = new RolloutConfig
        {
            Type = "staggered",
            Staggered = new StaggeredConfig
            {
                BatchSize = JsonSerializer.SerializeToElement($"{100 / DemoPlan.Batches}%"),
                BatchDelayMinutes = 0,
                PauseOnFailurePercent = 20,
            },
            RetryConfig = new RetryConfig { MaxRetries = 1, BackoffMinutes = [1], AttemptTimeoutMinutes = 2 },
        },
    };
}
