using System.Text.Json;
using Breeze.Agent.Policies;
using Breeze.Contracts.Agents;

namespace Breeze.Agent.Tests.Policies;

public sealed class PolicyTests : IDisposable
{
    private static readonly Guid First = Guid.CreateVersion7();
    private static readonly Guid Second = Guid.CreateVersion7();

    private readonly TemporaryFolder _folder = new();
    private readonly Signer _signer = new();

    public void Dispose()
    {
        _folder.Dispose();
        _signer.Dispose();
    }

    [Fact]
    public async Task A_policy_is_kept_over_a_restart_and_the_next_one_replaces_it()
    {
        await using (var agent = new RunningProcessor(_folder.Path, _signer))
        {
            var applied = Applied(await Apply(agent, First, """{"sources":["microsoft"],"rebootPolicy":"never","of":{"tomorrow":1}}"""));
            Assert.Equal((First, null), (applied.PolicyId, applied.Previous));
        }

        var kept = new DevicePolicy(_folder.File("policy.json"));
        Assert.Equal(First, kept.Id);
        Assert.Equal(["microsoft"], kept.Sources);
        // What this agent does not know is kept all the same.
        Assert.Contains("tomorrow", await File.ReadAllTextAsync(_folder.File("policy.json")), StringComparison.Ordinal);

        await using var again = new RunningProcessor(_folder.Path, _signer);
        Assert.Equal((Second, First), (Applied(await Apply(again, Second, "{}")) is var next ? (next.PolicyId, next.Previous!.Value) : default));
        Assert.Null(new DevicePolicy(_folder.File("policy.json")).Sources);
    }

    [Fact]
    public async Task A_scan_that_names_no_source_looks_at_the_policys_and_one_that_does_at_its_own()
    {
        await using var agent = new RunningProcessor(_folder.Path, _signer);
        await Apply(agent, First, """{"sources":["microsoft","third_party"]}""");
        Assert.Equal(["microsoft", "third_party"], await Scanned(agent, "{}"));
        Assert.Equal(["microsoft", "third_party"], await Scanned(agent, "{\"sources\":[]}"));
        Assert.Equal(["apple"], await Scanned(agent, "{\"sources\":[\"apple\"]}"));
    }

    [Theory]
    [InlineData("""[]""")]
    [InlineData("""{"sources":["freebsd"]}""")]
    [InlineData("""{"sources":"linux"}""")]
    [InlineData("""{"sources":[1]}""")]
    public async Task Settings_that_mean_nothing_are_rejected_and_the_policy_before_stays(string settings)
    {
        await using var agent = new RunningProcessor(_folder.Path, _signer);
        await Apply(agent, First, """{"sources":["linux"]}""");
        Assert.Equal(ResultStatus.Rejected, (await Apply(agent, Second, settings)).Status);
        Assert.Equal(First, new DevicePolicy(_folder.File("policy.json")).Id);
    }

    private async Task<Result> Apply(RunningProcessor agent, Guid policy, string settings)
    {
        var link = agent.Connect();
        agent.Receive(_signer.Sign(CommandTypes.ApplyPolicy, $$"""{"policyId":"{{policy}}","settings":{{settings}}}"""));
        return await link.NextResult();
    }

    private async Task<IEnumerable<string>> Scanned(RunningProcessor agent, string payload)
    {
        var link = agent.Connect();
        var command = _signer.Sign(CommandTypes.ScanPatches, payload);
        agent.Receive(command);

        // A result whose answer was not heard in time comes again on the next connection.
        var result = await link.NextResult();
        while (result.CommandId != command.Id)
        {
            result = await link.NextResult();
        }

        return result.Data!.Value.Deserialize(AgentJson.Default.ScanResults)!.Sources.Select(source => source.Source);
    }

    private static AppliedPolicy Applied(Result result) => result.Data!.Value.Deserialize(AgentJson.Default.AppliedPolicy)!;
}
