using System.Globalization;
using System.Text;

namespace Breeze.Client.Http;

/// <summary>Builds a path with its query; a null value leaves its name out.</summary>
internal static class Query
{
    public static string To(string path, params ReadOnlySpan<(string Name, object? Value)> parts)
    {
        var text = new StringBuilder(path);
        var mark = '?';
        foreach (var (name, value) in parts)
        {
            if (value is null)
            {
                continue;
            }

            text.Append(mark).Append(name).Append('=').Append(Uri.EscapeDataString(Text(value)));
            mark = '&';
        }

        return text.ToString();
    }

    private static string Text(object value) => value switch
    {
        bool flag => flag ? "true" : "false",
        DateTimeOffset at => at.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };
}
