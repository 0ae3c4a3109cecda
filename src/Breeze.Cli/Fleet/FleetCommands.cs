using System.CommandLine;
using System.Globalization;
using Breeze.Cli.Terminal;
using Breeze.Contracts;
using Breeze.Contracts.Access;
using Breeze.Contracts.Fleet;

namespace Breeze.Cli.Fleet;

/// <summary>Organizations, sites, devices and groups: what a rollout is aimed at.</summary>
public static class FleetCommands
{
    public static IEnumerable<Command> Build(Shell shell) => [Organizations(shell), Sites(shell), Devices(shell), Groups(shell)];

    private static Command Organizations(Shell shell)
    {
        IReadOnlyList<Column<Organization>> columns =
        [
            new("ID", o => o.Id.ToString()), new("NAME", o => o.Name), new("CREATED", o => Printable.Time(o.CreatedAt, shell.Time)),
        ];
        var name = ResourceCommands.Name();
        var partner = Ids.Option("--partner", "The partner it belongs to; by default the key's own.");
        return new Command("organizations", "Customers: sites, devices and what is done to them belong to one.").With(
            ResourceCommands.List(shell, "organizations", client => client.Organizations, columns, byOrg: false),
            ResourceCommands.Create(
                shell,
                "an organization",
                [name, partner],
                (run, client) => client.Organizations.Create(new CreateOrganization(run.Get(name)!, run.Get(partner)), run.Cancel),
                columns));
    }

    private static Command Sites(Shell shell)
    {
        IReadOnlyList<Column<Site>> columns =
        [
            new("ID", s => s.Id.ToString()), new("NAME", s => s.Name), new("TIME ZONE", s => s.TimeZone), new("ORG", s => s.OrgId.ToString()),
        ];
        var org = Ids.Option("--org", "The organization; may be left out where the key sees exactly one.");
        var name = ResourceCommands.Name();
        var zone = new Option<string?>("--time-zone") { Description = "An IANA zone such as Europe/Zurich; UTC by default." };
        return new Command("sites", "Places where devices are.").With(
            ResourceCommands.List(shell, "sites", client => client.Sites, columns),
            ResourceCommands.Create(
                shell,
                "a site",
                [org, name, zone],
                (run, client) => client.Sites.Create(new SiteBody { OrgId = run.Get(org), Name = run.Get(name), TimeZone = run.Get(zone) }, run.Cancel),
                columns));
    }

    private static Command Devices(Shell shell)
    {
        IReadOnlyList<Column<Device>> columns =
        [
            new("ID", d => d.Id.ToString()),
            new("HOSTNAME", d => d.Hostname),
            new("STATUS", d => EnumName.Of(d.Status)),
            new("OS", d => $"{EnumName.Of(d.OsType)} {d.OsVersion}"),
            new("AGENT", d => d.AgentVersion),
            new("TAGS", d => string.Join(", ", d.Tags)),
            new("LAST SEEN", d => Printable.Time(d.LastSeenAt, shell.Time)),
        ];
        return new Command("devices", "Devices; they come by enrolling.").With(
            ResourceCommands.List(shell, "devices", client => client.Devices, columns),
            ResourceCommands.Get(shell, "a device", client => client.Devices, columns));
    }

    private static Command Groups(Shell shell)
    {
        IReadOnlyList<Column<Group>> columns =
        [
            new("ID", g => g.Id.ToString()),
            new("NAME", g => g.Name),
            new("TYPE", g => EnumName.Of(g.Type)),
            new("DEVICES", g => g.DeviceCount?.ToString(CultureInfo.InvariantCulture)),
            new("ORG", g => g.OrgId.ToString()),
        ];
        var file = new Option<string>("--file", "-f") { Description = "A JSON file as POST /groups takes it; '-' reads standard input.", Required = true };
        return new Command("groups", "Groups of devices, static or by filter.").With(
            ResourceCommands.List(shell, "groups", client => client.Groups, columns),
            ResourceCommands.Get(shell, "a group", client => client.Groups, columns),
            ResourceCommands.Create(
                shell,
                "a group",
                [file],
                async (run, client) => await client.Groups.Create(await JsonFile.Read<GroupBody>(run.Get(file)!, run.Cancel), run.Cancel),
                columns));
    }
}
