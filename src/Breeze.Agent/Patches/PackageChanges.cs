using Breeze.Agent.Tools;
using Breeze.Contracts.Agents;

namespace Breeze.Agent.Patches;

/// <summary>What has to become of one patch: an end that is known already, or a version to reach.</summary>
public sealed record PackageGoal(PatchResultStatus? End, string? Error, PackageVersion? Version, InstalledPackage? Current)
{
    /// <summary>It is as wanted.</summary>
    public static PackageGoal Done { get; } = new(PatchResultStatus.Installed, null, null, null);

    public static PackageGoal Failed(string error) => new(PatchResultStatus.Failed, error, null, null);

    public static PackageGoal Skipped(string error) => new(PatchResultStatus.Skipped, error, null, null);

    public static PackageGoal Reach(PackageVersion version, InstalledPackage current) => new(null, null, version, current);
}

/// <summary>A patch whose package has to get another version.</summary>
public sealed record OpenGoal(PatchReference Patch, PackageVersion Version, InstalledPackage Current);

/// <summary>Brings packages to versions: all in one go first, which is quick; then each that is not there by itself, which tells why.</summary>
/// <remarks>
/// What became of a package is read from the package manager's own list, never from an exit code: one package's failing script fails the
/// whole run, and yet the others are in place. A patch that would change another installed package which this command does not name is
/// skipped: that one may not be approved.
/// </remarks>
public sealed class PackageChanges(IPackageManager manager, PackageMove move, PatchRun run)
{
    private readonly Dictionary<Guid, PatchResult> _results = [];
    private HashSet<PackageVersion> _named = [];

    /// <param name="patches">What to change.</param>
    /// <param name="goalOf">What each needs, from its version and what is installed of its package now.</param>
    /// <param name="before">Called once, before anything changes.</param>
    /// <param name="reached">Called for each that is as wanted.</param>
    public async Task<IReadOnlyList<PatchResult>> Apply(
        IReadOnlyList<PatchReference> patches,
        Func<PatchReference, PackageVersion?, InstalledPackage?, PackageGoal> goalOf,
        Func<IReadOnlyList<OpenGoal>, Task> before,
        Action<OpenGoal> reached)
    {
        try
        {
            var open = Open(patches, goalOf, await manager.Installed(run.CommandId, CancellationToken.None));
            await before(open);
            _named = [.. open.Select(goal => goal.Version)];
            if (open.Count > 1)
            {
                await Try(open, isAlone: false);
            }

            foreach (var goal in open.Where(goal => !_results.ContainsKey(goal.Patch.Id)))
            {
                await Try([goal], isAlone: true);
            }

            open.Where(goal => _results[goal.Patch.Id].Status == Reached).ToList().ForEach(reached);
        }
        catch (Exception e) when (e is ToolException or IOException)
        {
            foreach (var patch in patches.Where(patch => !_results.ContainsKey(patch.Id)))
            {
                End(patch, PatchResultStatus.Failed, e.Message);
            }
        }

        return [.. patches.Select(patch => _results[patch.Id])];
    }

    private PatchResultStatus Reached => move == PackageMove.Upgrade ? PatchResultStatus.Installed : PatchResultStatus.RolledBack;

    private List<OpenGoal> Open(
        IReadOnlyList<PatchReference> patches, Func<PatchReference, PackageVersion?, InstalledPackage?, PackageGoal> goalOf, IReadOnlyList<InstalledPackage> installed)
    {
        var current = new Current(installed);
        var open = new List<OpenGoal>();
        foreach (var patch in patches)
        {
            var target = PackageVersion.Parse(manager.Name, patch.ExternalId);
            var goal = goalOf(patch, target, target is null ? null : current.Of(target));
            if (goal.End is { } end)
            {
                End(patch, end == PatchResultStatus.Installed ? Reached : end, goal.Error);
            }
            else
            {
                open.Add(new OpenGoal(patch, goal.Version!, goal.Current!));
            }
        }

        return open;
    }

    private async Task Try(IReadOnlyList<OpenGoal> goals, bool isAlone)
    {
        if (run.Cancelled.IsCancellationRequested)
        {
            EndAll(goals, PatchResultStatus.Skipped, PatchRun.CancelledError);
            return;
        }

        try
        {
            var (end, error) = await Change([.. goals.Select(goal => goal.Version)]);
            var current = new Current(await manager.Installed(run.CommandId, CancellationToken.None));
            foreach (var goal in goals)
            {
                if (current.Of(goal.Version) is { IsWhole: true } now && now.Version == goal.Version.Version)
                {
                    _results[goal.Patch.Id] = new PatchResult(goal.Patch.Id, Reached, null, manager.NeedsReboot(goal.Version.Name));
                }
                else if (isAlone)
                {
                    End(goal.Patch, end, error);
                }
            }
        }
        catch (ToolException e) when (isAlone)
        {
            EndAll(goals, PatchResultStatus.Failed, e.Message);
        }
        catch (ToolException e)
        {
            run.Log(e.Message);
        }
    }

    // What it says holds for those that are not in place afterwards.
    private async Task<(PatchResultStatus End, string Error)> Change(IReadOnlyList<PackageVersion> versions)
    {
        var plan = await manager.Plan(versions, move, run.CommandId);
        if (plan.Error is { } impossible)
        {
            return (PatchResultStatus.Failed, impossible);
        }

        if (plan.Changed.Except(_named).ToList() is { Count: > 0 } others)
        {
            return (PatchResultStatus.Skipped, $"It cannot be changed without {string.Join(", ", others.Take(5).Select(other => $"{other.Name} {other.Version}"))}, which this command does not name.");
        }

        run.Progress(CommandPhase.Downloading);
        var downloaded = await manager.Download(versions, move, run.CommandId);
        if (!downloaded.Succeeded)
        {
            run.Log(downloaded.Log);
            return (PatchResultStatus.Failed, ToolRunner.LastLines(downloaded.Log));
        }

        run.Progress(CommandPhase.Installing);
        var applied = await manager.Apply(versions, move, run.CommandId);
        run.Log(applied.Log);
        return (PatchResultStatus.Failed, ToolRunner.LastLines(applied.Log));
    }

    private void EndAll(IReadOnlyList<OpenGoal> goals, PatchResultStatus status, string error) =>
        goals.ToList().ForEach(goal => End(goal.Patch, status, error));

    private void End(PatchReference patch, PatchResultStatus status, string? error) => _results[patch.Id] = new PatchResult(patch.Id, status, error);

    // A package may change its architecture (to or from "all") with a version.
    private sealed class Current(IReadOnlyList<InstalledPackage> installed)
    {
        private readonly ILookup<string, InstalledPackage> _byName = installed.ToLookup(package => package.Name);

        public InstalledPackage? Of(PackageVersion version)
        {
            var named = _byName[version.Name].ToList();
            return named.Find(package => package.Architecture == version.Architecture) ?? (named.Count == 1 ? named[0] : null);
        }
    }
}
