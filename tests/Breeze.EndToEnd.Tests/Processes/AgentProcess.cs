namespace Breeze.EndToEnd.Tests.Processes;

/// <summary>The real agent as a process, enrolled; it can be killed and started again on the same data.</summary>
public sealed class AgentProcess : IAsyncDisposable
{
    private readonly string _folder;
    private BuiltProgram? _program;

    private AgentProcess(string folder, string hostname)
    {
        _folder = folder;
        Hostname = hostname;
    }

    public string Hostname { get; }

    private string Log => Path.Combine(_folder, Hostname + ".log");

    private string Data => Path.Combine(_folder, Hostname);

    /// <summary>Enrols a device and starts it.</summary>
    public static async Task<AgentProcess> Enroll(Uri server, string key, string folder, string hostname = "real-agent")
    {
        var agent = new AgentProcess(folder, hostname);
        await using (var enrolling = BuiltProgram.Start(
            "Breeze.Agent", agent.Log, "enroll", "--server", server.ToString(), "--key", key, "--data", agent.Data, "--hostname", hostname, "--tag", "real"))
        {
            var code = await enrolling.Exit(TimeSpan.FromSeconds(60));
            Assert.True(code == 0, $"The enrolment ended with {code}. {await enrolling.Log()}");
        }

        agent.Start();
        return agent;
    }

    public void Start() => _program = BuiltProgram.Start("Breeze.Agent", Log, "run", "--data", Data);

    /// <summary>kill -9 of the agent alone; its script lives on.</summary>
    public Task Kill() => _program!.Kill();

    /// <summary>SIGTERM; returns the exit code.</summary>
    public Task<int> Stop()
    {
        _program!.Terminate();
        return _program.Exit(TimeSpan.FromSeconds(30));
    }

    public async ValueTask DisposeAsync()
    {
        if (_program is not null)
        {
            await _program.DisposeAsync();
        }
    }
}
