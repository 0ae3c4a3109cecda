using System.Text.Json;
using System.Text.Json.Serialization;

namespace Breeze.Contracts.Agents;

/// <summary>The values of <see cref="ReportPatches.Source"/> and of every other source an agent hears or names.</summary>
/// <remarks>Text and not an enum: a report that names another source must reach whoever refuses it.</remarks>
public static class PatchSources
{
    public const string Microsoft = "microsoft";
    public const string Apple = "apple";
    public const string Linux = "linux";
    public const string ThirdParty = "third_party";
    public const string Custom = "custom";

    public static IReadOnlyList<string> All { get; } = [Microsoft, Apple, Linux, ThirdParty, Custom];
}

/// <summary>What an agent keeps to when it reports patches; a report beyond it is refused whole.</summary>
public static class PatchReportLimits
{
    public const int ExternalId = 255;
    public const int Title = 500;
    public const int Version = 255;
    public const int Category = 100;
    public const int Description = 2000;

    /// <summary>Rows of one report, all parts and both lists together.</summary>
    public const int Rows = 20_000;

    public const int Parts = 200;
}

/// <summary>One source's scan, or one part of it; taken whole when the part marked last has come, or not at all.</summary>
/// <param name="Source">One of <see cref="PatchSources"/>.</param>
/// <param name="Complete">
/// The scan looked at everything the source offers, so what is in neither list is neither offered nor installed. False: what is listed holds, and
/// nothing follows from what is not. A source that could not be scanned at all sends no report; the command's result says why.
/// </param>
/// <param name="ScanId">The same for all parts of one report, a new one for each try; null when the report is whole.</param>
/// <param name="Part">From 1, in order; null when the report is whole.</param>
/// <param name="Last">True on the last part; null when the report is whole.</param>
public sealed record ReportPatches(
    string Source,
    bool Complete,
    IReadOnlyList<ReportedPatch> Available,
    IReadOnlyList<ReportedPatch> Installed,
    Guid? ScanId = null,
    int? Part = null,
    bool? Last = null);

/// <summary>A patch as one device sees it. What is null is not known to this device, and takes nothing away from what others know.</summary>
/// <param name="ExternalId">The source's own name of exactly this patch, version included where versions are what is approved (<c>apt:openssl:amd64=3.0.15-1~deb12u1</c>).</param>
/// <param name="Severity">critical, important, moderate, low or unknown.</param>
/// <param name="CurrentVersion">With an available patch: what is installed now.</param>
/// <param name="SizeBytes">Bytes to download.</param>
public sealed record ReportedPatch(
    string ExternalId,
    string Title,
    string? Version = null,
    string? Severity = null,
    string? CurrentVersion = null,
    string? Category = null,
    string? Description = null,
    bool? RequiresReboot = null,
    long? SizeBytes = null,
    DateTimeOffset? ReleaseDate = null);

/// <summary>Payload of <c>scan_patches</c>.</summary>
/// <param name="Sources">Empty or left out: those of the policy applied to the device, else all that it has. One that the device does not have is passed over.</param>
public sealed record ScanPatchesPayload(IReadOnlyList<string>? Sources = null);

/// <summary><see cref="Result.Data"/> of <c>scan_patches</c>; the result is failed when a source could not be scanned.</summary>
public sealed record ScanResults(IReadOnlyList<SourceScan> Sources);

/// <param name="Scanned">False: the device does not have this source, or it could not be scanned.</param>
/// <param name="Complete">As in the report.</param>
/// <param name="Error">The device's own words; null when nothing went wrong.</param>
public sealed record SourceScan(string Source, bool Scanned, bool Complete, int Available, int Installed, string? Error = null);

/// <summary>Payload of <c>install_patches</c> and <c>rollback_patches</c>.</summary>
public sealed record PatchesPayload(IReadOnlyList<PatchReference> Patches);

public sealed record PatchReference(Guid Id, string Source, string ExternalId, string Title);

/// <summary><see cref="Result.Data"/> of <c>install_patches</c> and <c>rollback_patches</c>: one entry for each patch of the payload, in its order.</summary>
/// <remarks>The result is <c>failed</c> when at least one of them failed, else <c>completed</c>.</remarks>
public sealed record PatchResults(IReadOnlyList<PatchResult> Results);

[JsonConverter(typeof(SnakeCaseEnum<PatchResultStatus>))]
public enum PatchResultStatus
{
    Installed = 1,
    RolledBack = 2,
    Failed = 3,
    Skipped = 4,
}

/// <param name="Error">Why it failed or was skipped, in the device's own words, at most 2,000 characters; null otherwise.</param>
public sealed record PatchResult(Guid Id, PatchResultStatus Status, string? Error = null, bool RebootRequired = false);

/// <summary>Payload of <c>apply_policy</c>.</summary>
/// <param name="Settings">An object. The device keeps all of it and itself obeys <c>sources</c>.</param>
public sealed record ApplyPolicyPayload(Guid PolicyId, JsonElement Settings);

/// <summary><see cref="Result.Data"/> of <c>apply_policy</c>: what the device now keeps.</summary>
/// <param name="Previous">The policy that it replaced; null for none.</param>
public sealed record AppliedPolicy(Guid PolicyId, DateTimeOffset AppliedAt, Guid? Previous = null);

/// <summary>Payload of <c>reboot</c>.</summary>
/// <param name="DelayMinutes">0 to 10080; a device waits at least one minute, so that the result is told before.</param>
/// <param name="Reason">Shown to whoever is signed in there; at most 400 characters.</param>
public sealed record RebootPayload(int DelayMinutes, string Reason);

/// <summary><see cref="Result.Data"/> of <c>reboot</c>: the reboot is announced, it has not happened yet.</summary>
public sealed record AnnouncedReboot(int DelayMinutes);
