using System.Data.Common;
using System.Text.Json;
using Breeze.Contracts;
using Breeze.Core;
using Breeze.Core.Fleet;
using Dapper;

namespace Breeze.Silo.Fleet;

/// <summary>A script as it is run.</summary>
public sealed record ScriptContent(ScriptId Id, string Language, string Content, IReadOnlyList<ScriptParameter> Parameters, TimeSpan Timeout);

/// <summary>Scripts for the features that send them.</summary>
public static class ScriptReader
{
    /// <summary>The organization's script, or null when there is none of this id (another organization's counts as none).</summary>
    public static async Task<ScriptContent?> Find(DbConnection connection, OrgId org, ScriptId id)
    {
        var row = await connection.QuerySingleOrDefaultAsync<ScriptRow>(
            "select language, content, parameters, timeout_seconds from scripts where org_id = @org and id = @id", new { org, id });
        return row is null ? null : new ScriptContent(
            id,
            row.Language,
            row.Content,
            JsonSerializer.Deserialize<List<ScriptParameter>>(row.Parameters, BreezeJson.Lenient)!,
            TimeSpan.FromSeconds(row.TimeoutSeconds));
    }

    private sealed class ScriptRow
    {
        public string Language { get; init; } = "";

        public string Content { get; init; } = "";

        public string Parameters { get; init; } = "";

        public int TimeoutSeconds { get; init; }
    }
}
