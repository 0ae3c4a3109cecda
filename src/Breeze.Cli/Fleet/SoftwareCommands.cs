using System.CommandLine;
using Breeze.Cli.Terminal;
using Breeze.Contracts.Software;

namespace Breeze.Cli.Fleet;

/// <summary><c>breeze software …</c>: packages that deployments install.</summary>
public static class SoftwareCommands
{
    public static Command Build(Shell shell)
    {
        IReadOnlyList<Column<SoftwarePackage>> columns =
        [
            new("ID", s => s.Id.ToString()),
            new("NAME", s => s.Name),
            new("VERSION", s => s.Version),
            new("SYSTEM", s => s.OsType),
            new("SIZE", s => Patches.PatchCommands.Count(s.SizeBytes)),
            new("URL", s => s.Url),
        ];
        var file = new Option<string>("--file", "-f") { Description = "The body as POST /software-packages takes it; '-' reads standard input.", Required = true };
        var id = Ids.Argument("id", "Its id.");
        return new Command("software", "Packages that deployments install.").With(
            ResourceCommands.List(shell, "software packages", client => client.SoftwarePackages, columns),
            ResourceCommands.Get(shell, "a software package", client => client.SoftwarePackages, [.. columns, new Column<SoftwarePackage>("SHA-256", s => s.Sha256)]),
            ResourceCommands.Create(
                shell,
                "a software package",
                [file],
                async (run, client) => await client.SoftwarePackages.Create(await JsonFile.Read<SoftwarePackageBody>(run.Get(file)!, run.Cancel), run.Cancel),
                columns),
            new Command("delete", "Delete a package that no deployment needs.").With(id).Does(shell, async run =>
            {
                using var client = run.Connect();
                await client.SoftwarePackages.Delete(run.Get(id), cancel: run.Cancel);
                if (!run.Json)
                {
                    run.Say($"Deleted {run.Get(id)}.");
                }
            }));
    }
}
