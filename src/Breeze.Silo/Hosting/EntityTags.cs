using System.Globalization;
using Breeze.Core;

namespace Breeze.Silo.Hosting;

/// <summary><c>ETag</c> and <c>If-Match</c> over a row's version.</summary>
public static class EntityTags
{
    /// <summary>Names the version of what is answered.</summary>
    public static void Set(HttpContext http, long version) =>
        http.Response.Headers.ETag = string.Create(CultureInfo.InvariantCulture, $"\"{version}\"");

    /// <summary>The version that the caller insists on; null when any will do (no header, or <c>*</c>).</summary>
    /// <remarks>A tag that is not one of ours can match nothing and gives -1: a 412 by the same comparison.</remarks>
    public static long? IfMatch(HttpContext http)
    {
        var header = http.Request.Headers.IfMatch.ToString().Trim();
        if (header.Length == 0 || header == "*")
        {
            return null;
        }

        return long.TryParse(header.Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out var version) && header[0] == '"'
            ? version
            : -1;
    }

    /// <summary>The 412 of a version that no longer holds.</summary>
    public static Refusal Mismatch(string what) =>
        new(RefusalKind.VersionMismatch, $"{what} was changed since it was read; read it again and repeat the change.");
}
