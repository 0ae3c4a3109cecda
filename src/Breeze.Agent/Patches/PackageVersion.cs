namespace Breeze.Agent.Patches;

/// <summary>A package as the package manager has it installed.</summary>
/// <param name="IsWhole">False: half installed, or its maintainer script failed.</param>
public sealed record InstalledPackage(string Name, string Architecture, string Version, string Summary, bool IsWhole = true)
{
    public string Item => $"{Name}:{Architecture}";

    public string ExternalId(string manager) => new PackageVersion(Name, Architecture, Version).ExternalId(manager);
}

/// <summary>A version of a package, as a patch names it: <c>apt:openssl:amd64=3.0.15-1~deb12u1</c>.</summary>
/// <remarks>The version is part of the name because it is what is approved: the next version of the same package is another patch.</remarks>
public sealed record PackageVersion(string Name, string Architecture, string Version)
{
    public string Item => $"{Name}:{Architecture}";

    public string ExternalId(string manager) => $"{manager}:{Name}:{Architecture}={Version}";

    /// <summary>Null when the text is no such name; what it holds is safe as one argument of a package manager.</summary>
    public static PackageVersion? Parse(string manager, string externalId)
    {
        var at = externalId.IndexOf('=', StringComparison.Ordinal);
        if (at < 0 || !externalId.StartsWith(manager + ':', StringComparison.Ordinal))
        {
            return null;
        }

        var parts = externalId[(manager.Length + 1)..at].Split(':');
        var version = externalId[(at + 1)..];
        return parts.Length == 2 && IsName(parts[0]) && IsName(parts[1]) && IsVersion(version) ? new(parts[0], parts[1], version) : null;
    }

    // Beginning with a letter or a digit, none of them can be an option, a path or a pattern.
    private static bool IsName(string text) => text.Length > 0 && char.IsAsciiLetterOrDigit(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || "+-._".Contains(c));

    // A minus at the end is no part of any version, and makes apt remove the package.
    private static bool IsVersion(string text) =>
        text.Length > 0 && char.IsAsciiLetterOrDigit(text[0]) && text[^1] != '-' && text.All(c => char.IsAsciiLetterOrDigit(c) || "+-._~:^".Contains(c));
}
