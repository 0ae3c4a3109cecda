namespace Breeze.Agent.Patches.Apt;

/// <summary>The order of Debian versions: Debian Policy, section 5.6.12.</summary>
public static class DebianVersion
{
    public static int Compare(string left, string right)
    {
        var (leftEpoch, leftUpstream, leftRevision) = Split(left);
        var (rightEpoch, rightUpstream, rightRevision) = Split(right);
        var epochs = leftEpoch.CompareTo(rightEpoch);
        var upstreams = epochs != 0 ? epochs : ComparePart(leftUpstream, rightUpstream);
        return upstreams != 0 ? upstreams : ComparePart(leftRevision, rightRevision);
    }

    private static (long Epoch, string Upstream, string Revision) Split(string version)
    {
        var colon = version.IndexOf(':', StringComparison.Ordinal);
        var epoch = colon > 0 && long.TryParse(version[..colon], out var number) ? number : 0;
        var rest = version[(colon + 1)..];
        var dash = rest.LastIndexOf('-');
        return dash < 0 ? (epoch, rest, "") : (epoch, rest[..dash], rest[(dash + 1)..]);
    }

    // Alternately a run without digits, by the odd alphabet below, and a run of digits, by its number.
    private static int ComparePart(string left, string right)
    {
        int l = 0, r = 0;
        while (l < left.Length || r < right.Length)
        {
            while ((l < left.Length && !char.IsAsciiDigit(left[l])) || (r < right.Length && !char.IsAsciiDigit(right[r])))
            {
                var order = Order(left, l).CompareTo(Order(right, r));
                if (order != 0)
                {
                    return order;
                }

                l++;
                r++;
            }

            var digits = CompareDigits(left, ref l, right, ref r);
            if (digits != 0)
            {
                return digits;
            }
        }

        return 0;
    }

    private static int CompareDigits(string left, ref int l, string right, ref int r)
    {
        var first = Digits(left, ref l);
        var second = Digits(right, ref r);
        return first.Length != second.Length ? first.Length.CompareTo(second.Length) : string.CompareOrdinal(first, second);
    }

    private static string Digits(string text, ref int at)
    {
        var start = at;
        while (at < text.Length && char.IsAsciiDigit(text[at]))
        {
            at++;
        }

        return text[start..at].TrimStart('0');
    }

    // A tilde sorts before everything, even before the end; letters sort before everything that is no letter.
    private static int Order(string text, int at) =>
        at >= text.Length || char.IsAsciiDigit(text[at]) ? 0
        : text[at] == '~' ? -1
        : char.IsAsciiLetter(text[at]) ? text[at]
        : text[at] + 256;
}
