using System.Globalization;
using System.Reflection;
using Breeze.Contracts;
using Breeze.Core;

namespace Breeze.Silo.Hosting;

/// <summary>A page asked for in the deployments family: <c>limit</c> 1–100 (50), <c>offset</c> ≥ 0 (0), or <c>cursor</c>.</summary>
/// <remarks>As an endpoint's parameter it binds itself from the query; a figure outside its bounds is 400 naming it.</remarks>
public sealed record OffsetPage(int Limit, int Offset, string? Cursor) : IBindableFromHttpContext<OffsetPage>
{
    public static ValueTask<OffsetPage?> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        var query = context.Request.Query;
        return ValueTask.FromResult<OffsetPage?>(new(
            QueryText.Integer(query, "limit", 1, 100, 50), QueryText.Integer(query, "offset", 0, int.MaxValue, 0), QueryText.Cursor(query)));
    }

    public OffsetList<T> Answer<T>(IReadOnlyList<T> data, long total, string? nextCursor) =>
        new(data, total, Limit, Cursor is null ? Offset : 0, nextCursor);
}

/// <summary>A page asked for anywhere else: <c>page</c> ≥ 1 (1), <c>limit</c> 1–200 (50), or <c>cursor</c>.</summary>
/// <remarks>As an endpoint's parameter it binds itself from the query; a figure outside its bounds is 400 naming it.</remarks>
public sealed record NumberedPage(int Page, int Limit, string? Cursor) : IBindableFromHttpContext<NumberedPage>
{
    /// <summary>How many rows come before this page; 0 with a cursor.</summary>
    public long Offset => Cursor is null ? (Page - 1L) * Limit : 0;

    public static ValueTask<NumberedPage?> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        var query = context.Request.Query;
        return ValueTask.FromResult<NumberedPage?>(new(
            QueryText.Integer(query, "page", 1, int.MaxValue, 1), QueryText.Integer(query, "limit", 1, 200, 50), QueryText.Cursor(query)));
    }

    public PagedList<T> Answer<T>(IReadOnlyList<T> data, long total, string? nextCursor) =>
        new(data, new Pagination(Cursor is null ? Page : 1, Limit, total), nextCursor);
}

/// <summary>Query parameters read strictly: what is malformed is refused with its name, not ignored.</summary>
public static class QueryText
{
    /// <summary>A whole number within its bounds, or <paramref name="otherwise"/> when it is not given.</summary>
    /// <exception cref="RefusedException">400: not a number, given twice, or out of bounds.</exception>
    public static int Integer(IQueryCollection query, string name, int least, int most, int otherwise)
    {
        if (!query.TryGetValue(name, out var values))
        {
            return otherwise;
        }

        if (values.Count == 1
            && int.TryParse(values[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            && value >= least && value <= most)
        {
            return value;
        }

        var bounds = most == int.MaxValue ? $"of at least {least}" : $"from {least} to {most}";
        throw new RefusedException(Refusal.Invalid($"{name} must be a whole number {bounds}.", name));
    }

    /// <summary>One of an enum's wire names, or null when it is not given.</summary>
    /// <exception cref="RefusedException">400: not one of them.</exception>
    public static T? Name<T>(IQueryCollection query, string name)
        where T : struct, Enum
    {
        if (!query.TryGetValue(name, out var values))
        {
            return null;
        }

        return values.Count == 1 && EnumName.TryParse<T>(values[0], out var value)
            ? value
            : throw new RefusedException(Refusal.Invalid($"{name} must be one of {EnumName.Allowed<T>()}.", name));
    }

    /// <summary>An id, or null when it is not given.</summary>
    /// <exception cref="RefusedException">400: not a GUID.</exception>
    public static Guid? Id(IQueryCollection query, string name)
    {
        if (!query.TryGetValue(name, out var values))
        {
            return null;
        }

        return values.Count == 1 && Guid.TryParseExact(values[0], "D", out var value)
            ? value
            : throw new RefusedException(Refusal.Invalid($"{name} must be a GUID.", name));
    }

    /// <summary>An instant, required.</summary>
    /// <exception cref="RefusedException">400: missing, or not ISO 8601 with an offset.</exception>
    public static DateTimeOffset Instant(IQueryCollection query, string name) =>
        query.TryGetValue(name, out var values) && values.Count == 1 && InstantConverter.TryParse(values[0], out var value)
            ? value
            : throw new RefusedException(Refusal.Invalid($"{name} must be a time in ISO 8601 with an offset, for example 2026-03-01T09:00:00Z.", name));

    internal static string? Cursor(IQueryCollection query) => query["cursor"].ToString() is { Length: > 0 } cursor ? cursor : null;
}
