using Breeze.Contracts.Agents;

namespace Breeze.Agent.Patches;

/// <summary>The packages of a Linux distribution as patches.</summary>
/// <param name="manager">The package manager that this device has.</param>
/// <param name="memory">What was seen and installed before.</param>
public sealed class PackageSource(IPackageManager manager, PatchMemory memory) : IPatchSource
{
    public string Name => PatchSources.Linux;

    public async Task<PatchInventory> Scan(Guid commandId, CancellationToken cancelled)
    {
        // Refreshed first: what is installed is looked at last, so that both lists are of one moment as far as they can.
        var offers = await manager.Offers(commandId, cancelled);
        var installed = await manager.Installed(commandId, cancelled);
        memory.See(
            Name,
            [
                .. installed.Select(package => new SeenPatch(
                    package.Item,
                    package.ExternalId(manager.Name),
                    package.Version,
                    VersionedInventory.TitleOf(package.Name, package.Summary))),
                .. offers.Offered.Select(offer => new SeenPatch(
                    offer.Version.Item, offer.Patch.ExternalId, offer.Version.Version, offer.Patch.Title, offer.Patch.Severity, offer.Patch.Category, offer.Patch.RequiresReboot)),
            ],
            installed.Select(package => package.Item).ToHashSet());
        return new PatchInventory(
            [.. offers.Offered.Select(offer => offer.Patch).Concat(VersionedInventory.HalfWay(installed, memory.Seen(Name), manager.Name)).DistinctBy(patch => patch.ExternalId)],
            VersionedInventory.Installed(installed, memory.Seen(Name), manager.Name, manager.Compare),
            offers.Warning);
    }

    public Task<IReadOnlyList<PatchResult>> Install(IReadOnlyList<PatchReference> patches, PatchRun run) =>
        new PackageChanges(manager, PackageMove.Upgrade, run).Apply(
            patches,
            (patch, target, current) => target switch
            {
                null => PackageGoal.Failed($"'{patch.ExternalId}' is no version of an {manager.Name} package."),
                _ when current is null => PackageGoal.Skipped($"{target.Name} is not installed on this device."),
                _ when current.IsWhole && manager.Compare(current.Version, target.Version) >= 0 => PackageGoal.Done,
                _ => PackageGoal.Reach(target, current),
            },
            async goals =>
            {
                // A package that is half-way at this version already has nothing before it any more.
                var replaced = goals.Where(goal => goal.Current.Version != goal.Version.Version).ToList();
                memory.Installing(replaced.Select(goal => (goal.Patch.ExternalId, goal.Current.Version)));
                await manager.Keep([.. replaced.Select(goal => new PackageVersion(goal.Current.Name, goal.Current.Architecture, goal.Current.Version))], run.CommandId);
            },
            _ => { });

    public Task<IReadOnlyList<PatchResult>> RollBack(IReadOnlyList<PatchReference> patches, PatchRun run) =>
        new PackageChanges(manager, PackageMove.Downgrade, run).Apply(
            patches,
            (patch, target, current) => (target, memory.ReplacedBy(patch.ExternalId)) switch
            {
                (null, _) => PackageGoal.Failed($"'{patch.ExternalId}' is no version of an {manager.Name} package."),
                (_, null) => PackageGoal.Failed("This agent did not install it here, so it does not know what it replaced."),
                _ when current is null => PackageGoal.Failed($"{target.Name} is not installed on this device any more."),
                var (_, before) when current.IsWhole && current.Version == before => PackageGoal.Done,
                _ when manager.Compare(current.Version, target.Version) > 0 =>
                    PackageGoal.Failed($"{target.Name} is at {current.Version} now, which came after this patch: roll that back first."),
                var (_, before) => PackageGoal.Reach(target with { Version = before }, current),
            },
            _ => Task.CompletedTask,
            goal => memory.RolledBack(goal.Patch.ExternalId));
}
