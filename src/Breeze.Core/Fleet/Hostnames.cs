namespace Breeze.Core.Fleet;

/// <summary>Hostnames are any text of 1–255 characters that an agent reports: hostile until encoded where they are shown.</summary>
public static class Hostnames
{
    public const int MaxLength = 255;

    public static bool IsValid(string? hostname) => hostname is { Length: >= 1 and <= MaxLength } && JsonText.IsStorable(hostname);

    /// <summary>What hostnames and display names are ordered and compared by, on both engines: lower case, then byte by byte.</summary>
    public static string Key(string hostname) => hostname.ToLowerInvariant();
}
