using Breeze.Contracts.Deployments;
using Breeze.EndToEnd.Tests.Processes;

namespace Breeze.EndToEnd.Tests.Rollouts;

/// <summary>One real silo, one real agent: what a script did is judged by a file that it appends to.</summary>
public sealed class RealAgentTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("breeze-e2e-").FullName;
    private SiloProcess _silo = null!;
    private TestTenant _tenant = null!;
    private AgentProcess _agent = null!;

    private string Effect => Path.Combine(_folder, "effect");

    public async Task InitializeAsync()
    {
        _silo = await SiloProcess.Start(_folder);
        _tenant = await TestTenant.Create(_silo.Client);
        _agent = await AgentProcess.Enroll(_silo.Address, _tenant.EnrollmentKey, _folder);
        await _tenant.Online(1);
    }

    public async Task DisposeAsync()
    {
        await _agent.DisposeAsync();
        await _silo.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_script_runs_on_the_device_and_its_output_comes_back()
    {
        var deployment = await Start($"echo \"$BREEZE_COMMAND_ID\" >> {Effect}; echo out; echo err >&2; exit 0");
        await _tenant.Ended(deployment, TimeSpan.FromSeconds(60));
        var record = await _tenant.Record(deployment, _agent.Hostname);
        Assert.Equal((DeviceRecordStatus.Completed, 0, "out\nerr\n"), (record.Status, record.Result!.ExitCode, record.Result.Output));
        Assert.Equal([record.Attempts!.Single().CommandId.ToString()], await File.ReadAllLinesAsync(Effect));
    }

    [Fact]
    public async Task A_silo_killed_while_the_script_runs_gets_its_result_after_its_return()
    {
        var deployment = await Start($"echo ran >> {Effect}; sleep 3; echo done");
        await TestTenant.UntilFile(Effect, "the script to start");
        await _silo.Kill();
        await Task.Delay(TimeSpan.FromSeconds(4));
        await _silo.Start();
        var ended = await _tenant.Ended(deployment, TimeSpan.FromSeconds(60));
        Assert.Equal(DeploymentStatus.Completed, ended.Status);
        Assert.Equal("done\n", (await _tenant.Record(deployment, _agent.Hostname)).Result!.Output);
        Assert.Equal(["ran"], await File.ReadAllLinesAsync(Effect));
    }

    [Fact]
    public async Task An_agent_killed_while_its_script_runs_reports_it_interrupted_and_never_runs_it_again()
    {
        var deployment = await Start($"echo $$ >> {Effect}; sleep 120; echo late >> {Effect}");
        await TestTenant.UntilFile(Effect, "the script to start");
        await _agent.Kill();
        _agent.Start();
        await _tenant.Ended(deployment, TimeSpan.FromSeconds(60));
        var record = await _tenant.Record(deployment, _agent.Hostname);
        Assert.Equal((DeviceRecordStatus.Failed, FailureKind.Interrupted), (record.Status, record.FailureKind));
        var pid = Assert.Single(await File.ReadAllLinesAsync(Effect));
        for (var waited = 0; Runs(pid) && waited < 100; waited++)
        {
            await Task.Delay(100);
        }

        Assert.False(Runs(pid), "what the killed agent had started still runs");
    }

    [Fact]
    public async Task Both_end_when_asked_and_what_was_running_is_reported_interrupted()
    {
        var deployment = await Start($"echo ran >> {Effect}; sleep 120");
        await TestTenant.UntilFile(Effect, "the script to start");
        Assert.Equal(0, await _agent.Stop());
        Assert.Equal(0, await _silo.Stop());
        await _silo.Start();
        _agent.Start();
        await _tenant.Ended(deployment, TimeSpan.FromSeconds(60));
        Assert.Equal(FailureKind.Interrupted, (await _tenant.Record(deployment, _agent.Hostname)).FailureKind);
        Assert.Equal(["ran"], await File.ReadAllLinesAsync(Effect));
    }

    // A killed process whose new parent has not asked for it yet is still listed, as a zombie; it runs nothing.
    private static bool Runs(string pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat[stat.LastIndexOf(')') + 2] is not ('Z' or 'X');
        }
        catch (IOException)
        {
            return false;
        }
    }

    private async Task<Guid> Start(string script)
    {
        var deployment = await _tenant.Initialize(script);
        await _silo.Client.Deployments.Start(deployment);
        return deployment;
    }
}
