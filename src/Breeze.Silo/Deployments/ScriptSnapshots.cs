using System.Data.Common;
using System.Text.Json;
using Breeze.Contracts.Agents;
using Breeze.Core;
using Breeze.Core.Deployments;
using Breeze.Core.Fleet;
using Breeze.Silo.Fleet;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Deployments;

/// <summary>The scripts of a deployment as they were at initialize.</summary>
/// <param name="Command">Payload of <c>run_script</c>, as JSON text.</param>
/// <param name="Rollback">The same for the rollback; null when there is none.</param>
/// <param name="AttemptTimeout">The script's own timeout and a minute (contract, section 2).</param>
public sealed record ScriptSnapshot(string Command, string? Rollback, TimeSpan AttemptTimeout);

/// <summary>Checks a deployment's scripts and fixes what will be sent: later edits of a script do not reach a rollout under way.</summary>
public sealed class ScriptSnapshots(IDatabase database)
{
    public Task<Answer<ScriptSnapshot>> Take(DeploymentRow row) =>
        database.Read(connection => Take(connection, row.OrgId, DeploymentJson.Read<StoredPayload>(row.Payload).ToPayload()));

    /// <summary>Refused: an unknown script, a parameter it does not declare, a required one that is missing.</summary>
    public static async Task<Answer<ScriptSnapshot>> Take(DbConnection connection, OrgId org, ScriptPayload payload)
    {
        if (await ScriptReader.Find(connection, org, payload.ScriptId) is not { } script)
        {
            return Refusal.Invalid("payload.scriptId names no script of this organization.", "payload.scriptId");
        }

        var values = ScriptParameters.Resolve(script.Parameters, payload.Parameters, "payload.parameters");
        if (values.Refusal is { } refusal)
        {
            return refusal;
        }

        string? rollback = null;
        if (payload.RollbackScriptId is { } rollbackId)
        {
            if (await ScriptReader.Find(connection, org, rollbackId) is not { } undo)
            {
                return Refusal.Invalid("payload.rollbackScriptId names no script of this organization.", "payload.rollbackScriptId");
            }

            // The rollback gets those of the deployment's values that it declares.
            var given = values.Value!.Where(v => undo.Parameters.Any(p => p.Name == v.Key)).ToDictionary();
            var undoValues = ScriptParameters.Resolve(undo.Parameters, JsonSerializer.SerializeToElement(given), "payload.parameters");
            if (undoValues.Refusal is { } refused)
            {
                return refused;
            }

            rollback = Payload(undo, undoValues.Value!);
        }

        return new ScriptSnapshot(Payload(script, values.Value!), rollback, script.Timeout + TimeSpan.FromMinutes(1));
    }

    private static string Payload(ScriptContent script, IReadOnlyDictionary<string, string> values) => JsonSerializer.Serialize(
        new RunScriptPayload(
            script.Id.Value,
            Enum.Parse<ScriptLanguage>(script.Language, ignoreCase: true),
            script.Content,
            values,
            (int)script.Timeout.TotalSeconds),
        AgentJson.Default.RunScriptPayload);
}

/// <summary>The payload as the deployment's row keeps it.</summary>
internal sealed record StoredPayload(Guid ScriptId, JsonElement? Parameters, Guid? RollbackScriptId)
{
    public static StoredPayload Of(ScriptPayload payload) => new(payload.ScriptId.Value, payload.Parameters, payload.RollbackScriptId?.Value);

    public ScriptPayload ToPayload() => new(new ScriptId(ScriptId), Parameters, RollbackScriptId is { } id ? new ScriptId(id) : null);
}
