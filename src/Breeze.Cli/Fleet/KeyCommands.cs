using System.CommandLine;
using System.Globalization;
using Breeze.Cli.Terminal;
using Breeze.Contracts;
using Breeze.Contracts.Access;
using Breeze.Contracts.Fleet;

namespace Breeze.Cli.Fleet;

/// <summary>Keys: what devices enrol with, and what people and programs call the API with. Their text is shown once, when they are made.</summary>
public static class KeyCommands
{
    public static IEnumerable<Command> Build(Shell shell) => [EnrollmentKeys(shell), ApiKeys(shell)];

    private static Command EnrollmentKeys(Shell shell)
    {
        IReadOnlyList<Column<EnrollmentKey>> columns =
        [
            new("ID", k => k.Id.ToString()),
            new("NAME", k => k.Name),
            new("SITE", k => k.SiteId.ToString()),
            new("USES", k => k.MaxUses is { } most ? $"{k.Uses} of {most}" : k.Uses.ToString(CultureInfo.InvariantCulture)),
            new("EXPIRES", k => Printable.Time(k.ExpiresAt, shell.Time)),
            new("REVOKED", k => Printable.Time(k.RevokedAt, shell.Time)),
        ];
        var site = Ids.Option("--site", "The site that its devices will belong to.", required: true);
        var name = ResourceCommands.Name();
        var uses = new Option<int?>("--max-uses") { Description = "How many devices may enrol with it; no limit by default." };
        return new Command("enrollment-keys", "Keys that devices enrol with.").With(
            ResourceCommands.List(shell, "enrolment keys", client => client.EnrollmentKeys, columns),
            Revoke(shell, (client, id, cancel) => client.EnrollmentKeys.Delete(id, cancel: cancel)),
            ResourceCommands.Create(
                shell,
                "an enrolment key",
                [site, name, uses],
                (run, client) => client.EnrollmentKeys.Create(
                    new EnrollmentKeyBody { SiteId = run.Get(site), Name = run.Get(name), MaxUses = run.Get(uses) }, run.Cancel),
                [.. columns, new Column<EnrollmentKey>("KEY (shown once)", k => k.Key)]));
    }

    private static Command ApiKeys(Shell shell)
    {
        IReadOnlyList<Column<ApiKey>> columns =
        [
            new("ID", k => k.Id.ToString()),
            new("NAME", k => k.Name),
            new("ROLE", k => EnumName.Of(k.Role)),
            new("SCOPE", k => EnumName.Of(k.Scope) + ((k.OrgId ?? k.PartnerId) is { } id ? $" {id}" : "")),
            new("EXPIRES", k => Printable.Time(k.ExpiresAt, shell.Time)),
            new("LAST USED", k => Printable.Time(k.LastUsedAt, shell.Time)),
            new("REVOKED", k => Printable.Time(k.RevokedAt, shell.Time)),
        ];
        var name = ResourceCommands.Name();
        var role = new Option<string>("--role") { Description = $"One of {EnumName.Allowed<KeyRole>()}.", Required = true }.AcceptOnlyFromAmong("viewer", "technician", "admin");
        var org = Ids.Option("--org", "Sees this organization only.");
        var partner = Ids.Option("--partner", "Sees this partner's organizations; without it and --org: everything.");
        return new Command("api-keys", "Keys that call the API.").With(
            ResourceCommands.List(shell, "API keys", client => client.ApiKeys, columns, byOrg: false),
            Revoke(shell, (client, id, cancel) => client.ApiKeys.Delete(id, cancel: cancel)),
            Update(shell, columns),
            ResourceCommands.Create<CreatedApiKey>(
                shell,
                "an API key",
                [name, role, org, partner],
                (run, client) => client.ApiKeys.Create(Body(run.Get(name)!, run.Get(role)!, run.Get(org), run.Get(partner)), run.Cancel),
                [.. columns.Select(c => new Column<CreatedApiKey>(c.Header, c.Value)), new Column<CreatedApiKey>("KEY (shown once)", k => k.Key)]));
    }

    private static Command Update(Shell shell, IReadOnlyList<Column<ApiKey>> columns)
    {
        var id = Ids.Argument("id", "The key's id.");
        var name = new Option<string>("--name") { Description = "Its new name; without it the old one stays." };
        var expires = new Option<DateTimeOffset?>("--expires") { Description = "From when it no longer works, ISO 8601 with an offset." };
        var never = new Option<bool>("--never-expires") { Description = "It works until it is revoked." };
        return new Command("update", "Rename a key, or move its end.").With(id, name, expires, never).Does(shell, async run =>
        {
            using var client = run.Connect();
            var now = await client.ApiKeys.Get(run.Get(id), run.Cancel);
            var end = run.Get(never) ? null : run.Get(expires) ?? now.ExpiresAt;
            shell.Show(run.Json, await client.ApiKeys.Update(now.Id, new(run.Get(name) ?? now.Name, end), run.Cancel), columns);
        });
    }

    private static CreateApiKey Body(string name, string role, Guid? org, Guid? partner) => new(
        name,
        org is not null ? KeyScope.Org : partner is not null ? KeyScope.Partner : KeyScope.System,
        EnumName.TryParse<KeyRole>(role, out var known) ? known : KeyRole.Viewer,
        partner,
        org);

    private static Command Revoke(Shell shell, Func<Client.BreezeClient, Guid, CancellationToken, Task> revoke)
    {
        var id = Ids.Argument("id", "The key's id.");
        return new Command("revoke", "End a key at once.").With(id).Does(shell, async run =>
        {
            using var client = run.Connect();
            await revoke(client, run.Get(id), run.Cancel);
            if (!run.Json)
            {
                run.Say($"Revoked {run.Get(id)}.");
            }
        });
    }
}
