using Breeze.Core.Patches;

namespace Breeze.Silo.Patches;

/// <summary>Operating systems as a set of bits, and back.</summary>
internal static class OsBits
{
    private static readonly string[] Names = ["windows", "macos", "linux"];

    public static int Of(string osType) => 1 << Array.IndexOf(Names, osType);

    /// <summary>The systems whose devices can have patches of a source.</summary>
    public static IReadOnlyList<string> ThatHave(PatchSource source) => [.. Names.Where(os => InventoryDiff.Suits(source, os))];

    public static IReadOnlyList<string> ToNames(int bits) => [.. Names.Where((_, i) => (bits & (1 << i)) != 0)];
}
