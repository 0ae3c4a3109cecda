using Breeze.Console.Shell;
using Breeze.Contracts.Patches;

namespace Breeze.Console.Patches;

/// <summary>How sources, severities and states of patches are called, and in which order.</summary>
public static class PatchWords
{
    public static IReadOnlyList<(string Value, string Text)> Sources { get; } =
    [
        ("microsoft", "Microsoft"),
        ("apple", "Apple"),
        ("linux", "Linux packages"),
        ("third_party", "Third party"),
        ("custom", "Custom"),
    ];

    public static IReadOnlyList<(string Value, string Text)> Severities { get; } = Choice.Of("critical", "important", "moderate", "low", "unknown");

    /// <summary>How a patch stands on a device, in the order in which it asks for attention.</summary>
    public static IReadOnlyList<(string Value, string Text)> OnDevice { get; } = Choice.Of("failed", "missing", "pending", "skipped", "installed");

    public static IReadOnlyList<(string Value, string Text)> Approvals { get; } = Choice.Of("pending", "approved", "rejected", "deferred");

    public static IReadOnlyList<(string Value, string Text)> Systems { get; } = [("windows", "Windows"), ("macos", "macOS"), ("linux", "Linux")];

    public static string Source(string source) => Name(Sources, source);

    public static string System(string system) => Name(Systems, system);

    /// <summary>Devices that have, or are to have, the patch.</summary>
    public static long Total(PatchCounts counts) => counts.Installed + counts.Pending + counts.Failed + counts.Missing + counts.Skipped;

    /// <summary>1 048 576: "1 MB".</summary>
    public static string Size(long bytes) => bytes switch
    {
        < 1024 => Number.Of(bytes, "byte"),
        < 1024 * 1024 => $"{Number.Of(Math.Round(bytes / 1024m, 1))} KB",
        < 1024L * 1024 * 1024 => $"{Number.Of(Math.Round(bytes / 1048576m, 1))} MB",
        _ => $"{Number.Of(Math.Round(bytes / 1073741824m, 1))} GB",
    };

    private static string Name(IReadOnlyList<(string Value, string Text)> names, string name) =>
        names.FirstOrDefault(n => n.Value == name).Text ?? Words.Sentence(name);
}
