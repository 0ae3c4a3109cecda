using System.Data.Common;
using System.Text.Json;
using Breeze.Contracts;
using Breeze.Contracts.Agents;
using Breeze.Core;
using Breeze.Core.Deployments;
using Breeze.Core.Policies;
using Breeze.Silo.Software;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Deployments;

/// <summary>What a deployment does, as it was at initialize: later edits of what it names do not reach a rollout under way.</summary>
/// <param name="Command">Payload of the command, as JSON text; of a patch deployment its patch ids, from which each device's payload is made.</param>
/// <param name="Rollback">The same for the rollback; null when there is none.</param>
/// <param name="AttemptTimeout">From sending an attempt to giving it up, where the deployment says nothing else (contract, section 2).</param>
/// <param name="OsType">The operating system it is for; null: any.</param>
public sealed record WorkSnapshot(string Command, string? Rollback, TimeSpan AttemptTimeout, string? OsType = null);

/// <summary>Checks that what a payload names is there, and fixes what will be sent.</summary>
internal static class WorkSnapshots
{
    private static readonly TimeSpan PatchTimeout = TimeSpan.FromMinutes(120);
    private static readonly TimeSpan SoftwareTimeout = TimeSpan.FromMinutes(60);
    private static readonly TimeSpan PolicyTimeout = TimeSpan.FromMinutes(10);

    /// <summary>Refused (400, naming the member): something that is unknown or another organization's, alike.</summary>
    public static Task<Answer<WorkSnapshot>> Take(DbConnection connection, OrgId org, WorkPayload payload) => payload switch
    {
        ScriptPayload script => ScriptSnapshots.Take(connection, org, script),
        PatchPayload patches => Patches(connection, org, patches),
        SoftwarePackagePayload software => Package(connection, org, software),
        PolicyPayload policy => Policy(connection, org, policy),
        _ => throw new ArgumentOutOfRangeException(nameof(payload), payload, "Not a deployment's payload."),
    };

    private static async Task<Answer<WorkSnapshot>> Patches(DbConnection connection, OrgId org, PatchPayload payload)
    {
        var known = (await connection.QueryRows<Guid>(
            "select p.patch_id from ({rows}) v cross join org_patches p where p.org_id = v.in_org and p.patch_id = v.patch",
            new Rows().Uuid("in_org", [.. payload.PatchIds.Select(_ => org.Value)]).Uuid("patch", [.. payload.PatchIds]))).ToHashSet();
        var unknown = payload.PatchIds.Select((id, i) => (id, i)).FirstOrDefault(p => !known.Contains(p.id), (default, -1));
        if (unknown.Item2 >= 0)
        {
            return Refusal.Invalid($"payload.patchIds[{unknown.Item2}] names no patch of this organization's devices.", $"payload.patchIds[{unknown.Item2}]");
        }

        var ids = JsonSerializer.Serialize(payload.PatchIds);
        return new WorkSnapshot(ids, ids, PatchTimeout);
    }

    private static async Task<Answer<WorkSnapshot>> Package(DbConnection connection, OrgId org, SoftwarePackagePayload payload)
    {
        if (await SoftwareReader.Find(connection, org, payload.PackageId) is not { } package)
        {
            return Refusal.Invalid("payload.packageId names no software package of this organization.", "payload.packageId");
        }

        return new WorkSnapshot(
            JsonSerializer.Serialize(package.ToCommand(package.InstallArguments), BreezeJson.Options),
            package.UninstallCommand is { } undo ? JsonSerializer.Serialize(package.ToCommand(undo), BreezeJson.Options) : null,
            SoftwareTimeout,
            package.OsType);
    }

    private static async Task<Answer<WorkSnapshot>> Policy(DbConnection connection, OrgId org, PolicyPayload payload)
    {
        var policy = await connection.QuerySingleOrDefaultAsync<PolicyRow>(
            """
            select p.id, f.settings from configuration_policies p
            left join policy_features f on f.policy_id = p.id and f.feature_type = 'patch'
            where p.id = @PolicyId and p.org_id = @org
            """,
            new { payload.PolicyId, org });
        if (policy is null)
        {
            return Refusal.Invalid("payload.policyId names no policy of this organization.", "payload.policyId");
        }

        if (policy.Settings is null)
        {
            return Refusal.Invalid("The policy has no settings that a device could apply.", "payload.policyId");
        }

        var settings = JsonSerializer.SerializeToElement(PatchSettingsText.ToBody(PatchSettingsText.Read(policy.Settings)), BreezeJson.Options);
        return new WorkSnapshot(JsonSerializer.Serialize(new ApplyPolicyPayload(policy.Id, settings), BreezeJson.Options), null, PolicyTimeout);
    }

    private sealed class PolicyRow
    {
        public Guid Id { get; init; }

        public string? Settings { get; init; }
    }
}

/// <summary>A payload as the deployment's row keeps it, and as it is answered.</summary>
internal static class StoredPayload
{
    public static string Write(WorkPayload payload) => payload switch
    {
        ScriptPayload script => DeploymentJson.Write(new
        {
            scriptId = script.ScriptId.Value,
            parameters = script.Parameters,
            rollbackScriptId = script.RollbackScriptId?.Value,
        }),
        PatchPayload patches => DeploymentJson.Write(new { patchIds = patches.PatchIds }),
        SoftwarePackagePayload software => DeploymentJson.Write(new { packageId = software.PackageId }),
        PolicyPayload policy => DeploymentJson.Write(new { policyId = policy.PolicyId }),
        _ => throw new ArgumentOutOfRangeException(nameof(payload), payload, "Not a deployment's payload."),
    };

    public static WorkPayload Read(string type, string json) =>
        PayloadParsing.Parse(type, JsonSerializer.Deserialize<JsonElement>(json)).Value!;
}
