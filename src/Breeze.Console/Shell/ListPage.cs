using Breeze.Contracts;

namespace Breeze.Console.Shell;

/// <summary>What a table asks for.</summary>
/// <param name="Page">From 1.</param>
/// <param name="Limit">Rows a page.</param>
/// <param name="Sort">A column's name, with <c>-</c> before it for descending; null for the list's own order.</param>
public sealed record ListQuery(int Page, int Limit, string? Sort)
{
    public int Offset => (Page - 1) * Limit;
}

/// <summary>What it gets.</summary>
public sealed record ListPage<T>(IReadOnlyList<T> Rows, long Total);

public static class ListPages
{
    public static ListPage<T> Rows<T>(this PagedList<T> page) => new(page.Data, page.Pagination.Total);

    public static ListPage<T> Rows<T>(this OffsetList<T> page) => new(page.Data, page.Total);

    public static async Task<ListPage<T>> Rows<T>(this Task<PagedList<T>> page) => (await page).Rows();

    public static async Task<ListPage<T>> Rows<T>(this Task<OffsetList<T>> page) => (await page).Rows();
}
