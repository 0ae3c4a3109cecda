namespace Breeze.Agent.Patches.Dnf;

/// <summary>The order of RPM versions (<c>[epoch:]version-release</c>): rpmvercmp, with its tilde and caret.</summary>
public static class RpmVersion
{
    public static int Compare(string left, string right)
    {
        var (leftEpoch, leftVersion, leftRelease) = Split(left);
        var (rightEpoch, rightVersion, rightRelease) = Split(right);
        var epochs = leftEpoch.CompareTo(rightEpoch);
        var versions = epochs != 0 ? epochs : ComparePart(leftVersion, rightVersion);
        return versions != 0 ? versions : ComparePart(leftRelease, rightRelease);
    }

    private static (long Epoch, string Version, string Release) Split(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var epoch = colon > 0 && long.TryParse(text[..colon], out var number) ? number : 0;
        var rest = text[(colon + 1)..];
        var dash = rest.LastIndexOf('-');
        return dash < 0 ? (epoch, rest, "") : (epoch, rest[..dash], rest[(dash + 1)..]);
    }

    private static int ComparePart(string left, string right)
    {
        int l = 0, r = 0;
        while (true)
        {
            SkipSeparators(left, ref l);
            SkipSeparators(right, ref r);
            if (Mark(left, right, ref l, ref r) is { } marked)
            {
                if (marked != 0)
                {
                    return marked;
                }

                continue;
            }

            if (l >= left.Length || r >= right.Length)
            {
                // Who has something left is the later one.
                return (left.Length - l).CompareTo(right.Length - r) is var rest && (l < left.Length || r < right.Length) ? rest : 0;
            }

            var segments = CompareSegments(left, ref l, right, ref r);
            if (segments != 0)
            {
                return segments;
            }
        }
    }

    // A tilde is before everything, the end included; a caret is after the end and before anything else. Null: neither has one here.
    private static int? Mark(string left, string right, ref int l, ref int r)
    {
        foreach (var mark in "~^")
        {
            var leftHas = l < left.Length && left[l] == mark;
            var rightHas = r < right.Length && right[r] == mark;
            if (leftHas && rightHas)
            {
                l++;
                r++;
                return 0;
            }

            if (leftHas || rightHas)
            {
                var otherEnds = leftHas ? r >= right.Length : l >= left.Length;
                var marked = mark == '~' || !otherEnds ? -1 : 1;
                return leftHas ? marked : -marked;
            }
        }

        return null;
    }

    private static int CompareSegments(string left, ref int l, string right, ref int r)
    {
        // Numbers against letters: the number is the later one, whatever it is.
        var numeric = char.IsAsciiDigit(left[l]);
        if (numeric != char.IsAsciiDigit(right[r]))
        {
            return numeric ? 1 : -1;
        }

        var first = Segment(left, ref l, numeric);
        var second = Segment(right, ref r, numeric);
        return numeric && first.Length != second.Length ? first.Length.CompareTo(second.Length) : string.CompareOrdinal(first, second);
    }

    private static string Segment(string text, ref int at, bool numeric)
    {
        var start = at;
        while (at < text.Length && (numeric ? char.IsAsciiDigit(text[at]) : char.IsAsciiLetter(text[at])))
        {
            at++;
        }

        return numeric ? text[start..at].TrimStart('0') : text[start..at];
    }

    private static void SkipSeparators(string text, ref int at)
    {
        while (at < text.Length && !char.IsAsciiLetterOrDigit(text[at]) && text[at] is not ('~' or '^'))
        {
            at++;
        }
    }
}
