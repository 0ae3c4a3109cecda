using System.Text;
using System.Text.Json;
using Breeze.Contracts;
using Breeze.Contracts.Agents;
using Breeze.Contracts.Fleet;
using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Core.Fleet;
using Breeze.Silo.Access;
using Breeze.Silo.Hosting;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Fleet;

/// <summary>Reads and writes scripts. What a deployment runs is fixed when it is initialized: changes here do not reach it.</summary>
internal sealed class ScriptStore(IDatabase database, TimeProvider clock)
{
    private const int MaxContentBytes = 256 * 1024;
    private const int DefaultTimeoutSeconds = 300;
    private const int MaxTimeoutSeconds = 86_400;
    private const string Brief = "s.id, s.org_id, s.name, s.language, s.parameters, s.timeout_seconds, s.created_at, s.updated_at, s.version";

    public Task<Answer<PagedList<Script>>> List(OrgScope scope, Listing wanted, NumberedPage page) =>
        new NewestFirst(Brief, "scripts s", "s").ReadWithin<ScriptRow, Script, ScriptPosition>(database, scope, wanted, page, r => r.Shown, r => new ScriptPosition(r.Id));

    public Task<Answer<Versioned<Script>>> Get(OrgScope scope, Guid id) => database.Read<Answer<Versioned<Script>>>(async c =>
        await Find(c, scope, id) is { } row ? row.Versioned : Refusal.NotFound("The script"));

    public Task<Answer<Versioned<Script>>> Create(Caller caller, ScriptBody body) => database.Write<Answer<Versioned<Script>>>(async tx =>
    {
        var org = await OrgChoice.Choose(tx, caller.Scope, body.OrgId);
        if (org.Refusal is { } foreign)
        {
            return foreign;
        }

        var now = clock.GetUtcNow();
        var read = Read(body, ScriptId.New().Value, org.Value, now, now, version: 1);
        if (read.Refusal is { } invalid)
        {
            return invalid;
        }

        await tx.Connection!.ExecuteAsync(
            """
            insert into scripts (id, org_id, name, language, content, parameters, timeout_seconds, created_at, updated_at)
            values (@Id, @OrgId, @Name, @Language, @Content, @Parameters, @TimeoutSeconds, @CreatedAt, @UpdatedAt)
            """,
            read.Value,
            tx);
        await Note(tx, caller, "script.create", read.Value!);
        return read.Value!.Versioned;
    });

    public Task<Answer<Versioned<Script>>> Update(Caller caller, Guid id, long? version, ScriptBody body) => database.Write<Answer<Versioned<Script>>>(async tx =>
    {
        var found = await Find(tx, caller.Scope, id);
        var read = Read(body, id, found?.OrgId ?? default, found?.CreatedAt ?? default, clock.GetUtcNow(), (found?.Version ?? 0) + 1);
        if (read.Refusal is { } invalid)
        {
            return invalid;
        }

        if (found is null)
        {
            return Refusal.NotFound("The script");
        }

        // The version read above is the fence either way: a change in between is a change that nobody here has seen.
        var row = read.Value!;
        var changed = (version ?? found.Version) != found.Version ? 0 : await tx.Connection!.ExecuteAsync(
            """
            update scripts set name = @Name, language = @Language, content = @Content, parameters = @Parameters,
              timeout_seconds = @TimeoutSeconds, updated_at = @UpdatedAt, version = version + 1
            where id = @Id and version = @Version - 1
            """,
            row,
            tx);
        if (changed == 0)
        {
            return EntityTags.Mismatch("The script");
        }

        await Note(tx, caller, "script.update", row);
        return row.Versioned;
    });

    public Task<Answer<Versioned<Script>>> Delete(Caller caller, Guid id, long? version) => database.Write<Answer<Versioned<Script>>>(async tx =>
    {
        if (await Find(tx, caller.Scope, id) is not { } row)
        {
            return Refusal.NotFound("The script");
        }

        if (await tx.Connection!.ExecuteAsync("delete from scripts where id = @id" + Fence.Sql(version), new { id, version }, tx) == 0)
        {
            return EntityTags.Mismatch("The script");
        }

        await Note(tx, caller, "script.delete", row);
        return row.Versioned;
    });

    private Task Note(System.Data.Common.DbTransaction tx, Caller caller, string action, ScriptRow row) =>
        FleetAudit.Write(tx, caller, row.OrgId, clock, action, "script", row.Id, new
        {
            row.Name,
            row.Language,
            sha256 = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(row.Content ?? ""))),
        });

    private static Answer<ScriptRow> Read(ScriptBody body, Guid id, OrgId org, DateTimeOffset created, DateTimeOffset updated, long version)
    {
        var name = DeviceTexts.Name(body.Name);
        if (name.Refusal is { } badName)
        {
            return badName;
        }

        if (body.Language is not { } language)
        {
            return Refusal.Invalid("language is required: bash, sh, python or powershell.", "language");
        }

        if (body.Content is not { Length: > 0 } content || !JsonText.IsStorable(content))
        {
            return Refusal.Invalid("content is required, and must be text without NUL characters.", "content");
        }

        if (Encoding.UTF8.GetByteCount(content) > MaxContentBytes)
        {
            return Refusal.Invalid("content is larger than 256 KB.", "content");
        }

        if (body.TimeoutSeconds is < 1 or > MaxTimeoutSeconds)
        {
            return Refusal.Invalid($"timeoutSeconds must be from 1 to {MaxTimeoutSeconds}.", "timeoutSeconds");
        }

        var parameters = (body.Parameters ?? []).Select(p => new ScriptParameter(p?.Name!, p?.Default, p?.Required ?? false)).ToList();
        return ScriptParameters.Check(parameters, "parameters") is { } badParameter ? badParameter : new ScriptRow
        {
            Id = id,
            OrgId = org,
            Name = name.Value!,
            Language = EnumName.Of(language),
            Content = content,
            Parameters = JsonSerializer.Serialize(parameters, BreezeJson.Options),
            TimeoutSeconds = body.TimeoutSeconds ?? DefaultTimeoutSeconds,
            CreatedAt = created,
            UpdatedAt = updated,
            Version = version,
        };
    }

    private static Task<ScriptRow?> Find(SqlSource source, OrgScope scope, Guid id) => source.First<ScriptRow>(
        $"select {Brief}, s.content from scripts s where s.id = @id and {scope.Sql("s.org_id")}", new { id, scopeId = scope.Id });

    private sealed record ScriptPosition(Guid Id) : ListPosition(Id);

    private sealed class ScriptRow
    {
        public Guid Id { get; init; }
        public OrgId OrgId { get; init; }
        public string Name { get; init; } = "";
        public string Language { get; init; } = "";
        public string? Content { get; init; }
        public string Parameters { get; init; } = "[]";
        public int TimeoutSeconds { get; init; }
        public DateTimeOffset CreatedAt { get; init; }
        public DateTimeOffset UpdatedAt { get; init; }
        public long Version { get; init; }

        public Script Shown => new(
            Id,
            OrgId.Value,
            Name,
            EnumName.TryParse<ScriptLanguage>(Language, out var language) ? language : throw new InvalidOperationException($"No language {Language}."),
            Content,
            [.. JsonSerializer.Deserialize<List<ScriptParameter>>(Parameters, BreezeJson.Lenient)!.Select(p => new ScriptParameterView(p.Name, p.Default, p.Required))],
            TimeoutSeconds,
            CreatedAt,
            UpdatedAt);

        public Versioned<Script> Versioned => new(Shown, Version);
    }
}
