using System.Globalization;

namespace Breeze.Console.Shell;

/// <summary>Figures with thin separators: 12 345.</summary>
public static class Number
{
    private static readonly NumberFormatInfo Grouped = new() { NumberGroupSeparator = "\u202F", NumberGroupSizes = [3] };

    public static string Of(long count) => count.ToString("N0", Grouped);

    public static string Of(decimal figure) => figure.ToString("#,0.#", Grouped);

    /// <summary>"1 device", "12 345 devices".</summary>
    public static string Of(long count, string thing, string? things = null) => $"{Of(count)} {(count == 1 ? thing : things ?? thing + "s")}";
}
