namespace Breeze.Agent.Hosting;

/// <summary>The systemd unit under which the agent runs on Linux.</summary>
public static class SystemdUnit
{
    public const string DefaultPath = "/etc/systemd/system/breeze-agent.service";

    /// <param name="program">Full path of the agent's executable.</param>
    /// <param name="data">Full path of its data folder.</param>
    /// <exception cref="AgentStartException">A path holds a line break.</exception>
    public static string Text(string program, string data)
    {
        if ((program + data).AsSpan().IndexOfAny('\n', '\r') >= 0)
        {
            throw new AgentStartException("A path with a line break cannot stand in a unit file.");
        }

        return $"""
            [Unit]
            Description=Breeze device agent
            After=network-online.target
            Wants=network-online.target

            [Service]
            Type=notify
            ExecStart={Quoted(program)} run --data {Quoted(data)}
            Restart=always
            RestartSec=5
            # The agent itself ends the script that is running then; a package manager at work is waited for, since it would leave a broken package behind.
            KillMode=mixed
            TimeoutStopSec=900
            UMask=0077

            [Install]
            WantedBy=multi-user.target

            """.ReplaceLineEndings("\n");
    }

    // A percent sign starts a specifier and a dollar sign a variable, in quotes as well.
    private static string Quoted(string path) =>
        '"' + path.Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace("\"", "\\\"", StringComparison.Ordinal)
            .Replace("%", "%%", StringComparison.Ordinal)
            .Replace("$", "$$", StringComparison.Ordinal) + '"';
}
