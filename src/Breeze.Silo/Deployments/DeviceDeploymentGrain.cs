using Breeze.Contracts.Agents;
using Breeze.Core;
using Breeze.Silo.Agents;
using Breeze.Silo.Hosting;
using Orleans.GrainDirectory;
using Orleans.Placement;

namespace Breeze.Silo.Deployments;

/// <inheritdoc cref="IDeviceDeploymentGrain"/>
/// <remarks>
/// It remembers nothing: what it commits is decided on its row under lock, so that activating it costs no read and a second activation
/// does no harm. It lives on the silo that holds the device's socket, which is who calls it; the cluster is not told where.
/// </remarks>
[GrainType("device-deployment"), PreferLocalPlacement, GrainDirectory(NoGrainDirectory.Name), CollectionAgeLimit(Minutes = 2)]
public sealed class DeviceDeploymentGrain(AttemptCommits commits, RunContexts contexts, TimeProvider clock) : Grain, IDeviceDeploymentGrain
{
    private RecordKey Key => RecordKey.Parse(this.GetPrimaryKey(out var extension), extension!);

    public async Task<bool> CommandAccepted(CommandId id, int attempt) => await Commit(id, null) == StepOutcome.Applied;

    public Task CommandEnded(CommandEnd end) => Commit(end.Id, end);

    // The phase that lists show follows from the command's own state; nothing of it is kept here.
    public Task CommandProgressed(CommandId id, CommandPhase phase) => Task.CompletedTask;

    public Task Expire(CommandId command, DeviceId device, int attempt) =>
        Commit(command, new CommandEnd(command, device, attempt, CommandOutcome.TimedOut, Error: "No result came within the attempt's time."));

    private async Task<StepOutcome> Commit(CommandId command, CommandEnd? end)
    {
        var key = Key;
        var context = await contexts.Get(key.Deployment, key.Run);
        return await commits.Commit(new AttemptStep(key, context, command, end, clock.GetUtcNow()));
    }
}
