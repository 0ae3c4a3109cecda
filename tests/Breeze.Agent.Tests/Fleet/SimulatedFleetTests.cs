using System.Diagnostics;
using Breeze.Agent.Enrollment;
using Breeze.Agent.Tests.Connection;
using Breeze.Contracts.Agents;
using Breeze.Fleet;
using Breeze.Fleet.Behaviour;
using Breeze.Fleet.Devices;

namespace Breeze.Agent.Tests.Fleet;

public sealed class SimulatedFleetTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Signer _signer = new();

    public void Dispose()
    {
        _folder.Dispose();
        _signer.Dispose();
    }

    [Fact]
    public async Task Devices_enrol_connect_and_end_commands_as_their_behaviour_says()
    {
        await using var server = await StandInServer.Start(_signer);
        await using var fleet = await Start(server, 30, new FleetBehaviour { Seed = 5, SuccessRate = 0.5, ShortestRun = TimeSpan.FromMilliseconds(1), LongestRun = TimeSpan.FromMilliseconds(20) });
        foreach (var device in fleet.Devices)
        {
            await server.Send(device.DeviceId, AgentMethods.Command, For(device, new Signed(_signer)));
        }

        await Until(() => server.Results.Count == 30 && fleet.Statistics.Acknowledged == 30, () => $"30 results, there are {server.Results.Count}");
        var expected = Enumerable.Range(0, 30).Count(index => new FleetBehaviour { Seed = 5, SuccessRate = 0.5 }.Decide(index, 1).Kind == OutcomeKind.Completed);
        Assert.InRange(expected, 5, 25);
        Assert.Equal(expected, server.Results.Count(result => result.Status == ResultStatus.Completed));
        Assert.Equal(30, fleet.Journal.Count);
        Assert.Empty(fleet.Journal.RanTwice);
    }

    [Fact]
    public async Task A_repeated_command_is_answered_and_not_run_even_by_a_fleet_started_again()
    {
        await using var server = await StandInServer.Start(_signer);
        var options = Options(server, 1, new FleetBehaviour { LongestRun = TimeSpan.Zero }) with
        {
            JournalFile = _folder.File("journal"),
            CredentialsFile = _folder.File("credentials"),
        };
        Guid deviceId;
        Command command;
        await using (var fleet = await SimulatedFleet.Start(options))
        {
            await Connected(fleet);
            deviceId = fleet.Devices[0].DeviceId;
            command = For(fleet.Devices[0], new Signed(_signer));
            await server.Send(deviceId, AgentMethods.Command, command);
            await Until(() => server.Results.Count == 1, () => "the result");
            await server.Send(deviceId, AgentMethods.Command, command);
            await Until(() => server.Results.Count == 2, () => "the result again");
        }

        await using var again = await SimulatedFleet.Start(options with { EnrollmentKey = null });
        await Connected(again);
        Assert.Equal(deviceId, again.Devices[0].DeviceId);
        await server.Send(deviceId, AgentMethods.Command, command);
        await Until(() => server.Results.Count == 3, () => "the result of the first process");
        Assert.All(server.Results, result => Assert.Equal((command.Id, ResultStatus.Completed), (result.CommandId, result.Status)));
        Assert.Equal([1], again.Journal.Runs.Values);
    }

    [Fact]
    public async Task Offline_devices_stay_away_and_flapping_ones_come_back()
    {
        await using var server = await StandInServer.Start(_signer);
        var behaviour = new FleetBehaviour { Seed = 3, OfflineShare = 0.5, FlapShare = 1, FlapEvery = TimeSpan.FromMilliseconds(400), FlapFor = TimeSpan.FromMilliseconds(50) };
        await using var fleet = await SimulatedFleet.Start(Options(server, 10, behaviour));
        var online = Enumerable.Range(0, 10).Where(index => !behaviour.IsOffline(index)).Select(index => fleet.Devices[index].DeviceId).ToHashSet();
        Assert.InRange(online.Count, 1, 9);
        var hellos = new List<Guid>();
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (online.Any(device => hellos.Count(hello => hello == device) < 2))
        {
            hellos.Add(await server.Hellos.Reader.ReadAsync(deadline.Token));
        }

        Assert.Equal(online, hellos.ToHashSet());
    }

    [Fact]
    public async Task A_forged_command_is_refused_unless_told_not_to_look()
    {
        await using var server = await StandInServer.Start(_signer);
        using var forger = new Signer();
        await using var fleet = await Start(server, 1, new FleetBehaviour { LongestRun = TimeSpan.Zero });
        await using var careless = await SimulatedFleet.Start(Options(server, 1, new FleetBehaviour { LongestRun = TimeSpan.Zero }) with { VerifySignatures = false });
        await Connected(careless);
        await server.Send(fleet.Devices[0].DeviceId, AgentMethods.Command, For(fleet.Devices[0], new Signed(forger)));
        await server.Send(careless.Devices[0].DeviceId, AgentMethods.Command, For(careless.Devices[0], new Signed(forger)));
        await Until(() => fleet.Statistics.Refused == 1 && careless.Statistics.Completed == 1, () => $"one refusal and one run: {fleet.Statistics} / {careless.Statistics}");
        Assert.Equal(0, fleet.Journal.Count);
    }

    [Fact]
    public async Task Duplicates_and_lies_are_told_and_the_truth_comes_last()
    {
        await using var server = await StandInServer.Start(_signer);
        await using var fleet = await Start(server, 1, new FleetBehaviour { DuplicateShare = 1, LieShare = 1, LongestRun = TimeSpan.Zero });
        var command = For(fleet.Devices[0], new Signed(_signer));
        await server.Send(fleet.Devices[0].DeviceId, AgentMethods.Command, command);
        await Until(() => fleet.Statistics.Acknowledged == 1, () => $"the acknowledgement: {fleet.Statistics}");
        var results = server.Results.ToList();
        Assert.InRange(results.Count(result => result.CommandId == command.Id && result.Attempt == 1), 2, 3);
        Assert.Contains(results, result => result.CommandId == command.Id && result.Attempt == 2);
        Assert.Contains(results, result => result.CommandId != command.Id);
    }

    [Fact]
    public async Task A_wrong_enrolment_key_ends_the_start_with_a_sentence()
    {
        await using var server = await StandInServer.Start(_signer);
        var refused = await Assert.ThrowsAsync<EnrollmentException>(
            () => SimulatedFleet.Start(Options(server, 2, new FleetBehaviour()) with { EnrollmentKey = "wrong" }));
        Assert.Contains("refused the enrolment key", refused.Message, StringComparison.Ordinal);
    }

    private static FleetOptions Options(StandInServer server, int devices, FleetBehaviour behaviour) =>
        new() { Server = server.Address, Devices = devices, EnrollmentKey = "right", Behaviour = behaviour };

    private static async Task<SimulatedFleet> Start(StandInServer server, int devices, FleetBehaviour behaviour)
    {
        var fleet = await SimulatedFleet.Start(Options(server, devices, behaviour));
        await Connected(fleet);
        return fleet;
    }

    private static async Task Connected(SimulatedFleet fleet)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await fleet.WaitUntilConnected(deadline.Token);
    }

    private static Command For(SimulatedDevice device, Signed signed) => signed.Command(device.DeviceId);

    private static async Task Until(Func<bool> condition, Func<string> what)
    {
        for (var clock = Stopwatch.StartNew(); !condition(); await Task.Delay(20))
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30), $"waited 30 s for {what()}");
        }
    }

    private sealed record Signed(Signer Signer)
    {
        public Command Command(Guid deviceId) =>
            CommandSignature.Sign(Signer.Script("echo"), deviceId, Signer.Key);
    }
}
