using System.Data.Common;
using System.Text.Json;
using Breeze.Contracts.Agents;
using Breeze.Core;
using Breeze.Core.Deployments;
using Breeze.Core.Fleet;
using Breeze.Silo.Fleet;

namespace Breeze.Silo.Deployments;

/// <summary>Checks a deployment's scripts and fixes what will be sent: later edits of a script do not reach a rollout under way.</summary>
internal static class ScriptSnapshots
{
    /// <summary>Refused: an unknown script, a parameter it does not declare, a required one that is missing.</summary>
    public static async Task<Answer<WorkSnapshot>> Take(DbConnection connection, OrgId org, ScriptPayload payload)
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

        return new WorkSnapshot(Payload(script, values.Value!), rollback, script.Timeout + TimeSpan.FromMinutes(1));
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
