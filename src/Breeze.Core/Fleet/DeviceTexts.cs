namespace Breeze.Core.Fleet;

/// <summary>What names, display names and tags may be.</summary>
public static class DeviceTexts
{
    public const int MaxNameLength = 200;
    public const int MaxTags = 50;
    public const int MaxTagLength = 64;

    /// <summary>A name without the white space around it, or the refusal: 1 to 200 characters, none of them a control character.</summary>
    public static Answer<string> Name(string? text, string path = "name")
    {
        var name = text?.Trim();
        return name switch
        {
            null => Refusal.Invalid($"{path} is required.", path),
            { Length: 0 or > MaxNameLength } => Refusal.Invalid($"{path} must have 1 to {MaxNameLength} characters.", path),
            _ when !IsLine(name) => Refusal.Invalid($"{path} contains a control character.", path),
            _ => name,
        };
    }

    /// <summary>A device's tags, each once, in bytewise order; or the refusal.</summary>
    public static Answer<IReadOnlyList<string>> Tags(IReadOnlyList<string?> tags, string path = "tags")
    {
        var kept = new SortedSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < tags.Count; i++)
        {
            var tag = tags[i]?.Trim();
            if (tag is not { Length: >= 1 and <= MaxTagLength } || !IsLine(tag))
            {
                return Refusal.Invalid($"{path}[{i}] must have 1 to {MaxTagLength} characters, none of them a control character.", $"{path}[{i}]");
            }

            kept.Add(tag);
        }

        return kept.Count > MaxTags
            ? Refusal.Invalid($"{path} has {kept.Count} entries; at most {MaxTags} are allowed.", path)
            : kept.ToList();
    }

    private static bool IsLine(string text) => JsonText.IsStorable(text) && !text.Any(char.IsControl);
}
