using Breeze.Agent.Tools;
using Breeze.Contracts.Agents;

namespace Breeze.Agent.Patches;

/// <summary>A package manager of Linux, as far as patches need it.</summary>
public interface IPackageManager
{
    /// <summary>Stands before the names of its patches: <c>apt</c>, <c>rpm</c>.</summary>
    string Name { get; }

    /// <summary>The order of its versions.</summary>
    int Compare(string left, string right);

    /// <exception cref="ToolException">It cannot be told.</exception>
    Task<IReadOnlyList<InstalledPackage>> Installed(Guid commandId, CancellationToken cancelled);

    /// <summary>The upgrades that the repositories have for what is installed.</summary>
    /// <exception cref="ToolException">It cannot be told.</exception>
    Task<PackageOffers> Offers(Guid commandId, CancellationToken cancelled);

    /// <summary>What else would have to change to bring these versions in place.</summary>
    Task<PackagePlan> Plan(IReadOnlyList<PackageVersion> versions, PackageMove move, Guid commandId);

    /// <summary>Keeps what it can get of these installed versions for a way back: repositories drop what they have replaced.</summary>
    Task Keep(IReadOnlyList<PackageVersion> versions, Guid commandId);

    Task<ToolOutcome> Download(IReadOnlyList<PackageVersion> versions, PackageMove move, Guid commandId);

    Task<ToolOutcome> Apply(IReadOnlyList<PackageVersion> versions, PackageMove move, Guid commandId);

    /// <summary>Whether a package that was changed just now takes effect only after a restart.</summary>
    bool NeedsReboot(string package);
}

public enum PackageMove
{
    Upgrade,
    Downgrade,
}

/// <param name="Warning">Null when the repositories were asked just now; else why what they offer may be more.</param>
public sealed record PackageOffers(IReadOnlyList<(PackageVersion Version, ReportedPatch Patch)> Offered, string? Warning);

/// <param name="Error">Why it cannot be done, in the package manager's words; null when it can.</param>
/// <param name="Changed">The installed packages that would get another version.</param>
public sealed record PackagePlan(string? Error, IReadOnlyList<PackageVersion> Changed);
