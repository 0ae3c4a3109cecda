using System.Globalization;
using Breeze.Cli.Terminal;
using Breeze.Contracts;
using Breeze.Contracts.Agents;
using Command = System.CommandLine.Command;

namespace Breeze.Cli.Fleet;

/// <summary><c>breeze cluster</c>: the servers themselves.</summary>
public static class ClusterCommands
{
    public static Command Build(Shell shell)
    {
        IReadOnlyList<Column<ClusterSilo>> columns =
        [
            new("SILO", s => s.Id + (s.AnswersThis ? " (answers)" : "")),
            new("VERSION", s => s.Version),
            new("STATUS", s => EnumName.Of(s.Status)),
            new("STARTED", s => Printable.Time(s.StartedAt, shell.Time)),
            new("UNTIL", s => Printable.Time(s.EndedAt ?? s.LeaseUntil, shell.Time)),
            new("AGENTS", s => s.ConnectedAgents.ToString(CultureInfo.InvariantCulture)),
            new("SCHEMA", s => s.SchemaVersion + (s.IsBehind ? " (behind)" : "")),
        ];
        return new Command("cluster", "The servers themselves; for system admins.").With(
            new Command("status", "The silos of the last day, and the agents that each holds.").Does(shell, async run =>
            {
                using var client = run.Connect();
                var cluster = await client.Cluster.Get(run.Cancel);
                if (run.Json)
                {
                    shell.Show(json: true, cluster, []);
                    return;
                }

                run.Say($"Cluster {cluster.ClusterId} on {cluster.Storage}, schema {cluster.SchemaVersion}: "
                    + $"{cluster.ActiveSilos} active silos, {cluster.ConnectedAgents.ToString("N0", CultureInfo.InvariantCulture)} agents connected");
                shell.Screen.Write(Listing.Of(cluster.Silos, columns));
            }));
    }
}
