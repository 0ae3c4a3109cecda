namespace Breeze.Cli.Demo;

/// <summary>The real device agent, enrolled and running on this machine as a process of its own.</summary>
public static class RealAgent
{
    public static string Hostname { get; } = Environment.MachineName;

    public static async Task<ChildProcess> Start(SourceTree sources, Uri server, string enrollmentKey, string directory, CancellationToken cancel)
    {
        var data = Path.Combine(directory, "agent");
        var assembly = sources.Assembly("Breeze.Agent");
        await using (var enrolling = ChildProcess.Start(
            "The agent's enrolment",
            assembly,
            ["enroll", "--server", server.ToString(), "--key", enrollmentKey, "--data", data, "--hostname", Hostname, "--tag", "real"],
            directory,
            Path.Combine(directory, "agent-enroll.log")))
        {
            await enrolling.Finish(cancel);
        }

        return ChildProcess.Start("The agent", assembly, ["run", "--data", data], directory, Path.Combine(directory, "agent.log"));
    }
}
