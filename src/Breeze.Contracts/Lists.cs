namespace Breeze.Contracts;

/// <summary>One thing: <c>{data:{…}}</c>.</summary>
public sealed record Single<T>(T Data);

/// <summary>A page of the deployments family, by <c>limit</c> and <c>offset</c>.</summary>
/// <param name="Data">At most <paramref name="Limit"/> things.</param>
/// <param name="Total">How many match, on all pages.</param>
/// <param name="Limit">1 to 100, as asked or 50.</param>
/// <param name="Offset">How many were passed over; 0 when a cursor was used.</param>
/// <param name="NextCursor">Give it back as <c>cursor=</c> for what follows; null at the end.</param>
public sealed record OffsetList<T>(IReadOnlyList<T> Data, long Total, int Limit, int Offset, string? NextCursor);

/// <summary>A page of every other list, by <c>page</c> and <c>limit</c>.</summary>
/// <param name="Data">At most <c>pagination.limit</c> things.</param>
/// <param name="NextCursor">Give it back as <c>cursor=</c> for what follows; null at the end.</param>
public sealed record PagedList<T>(IReadOnlyList<T> Data, Pagination Pagination, string? NextCursor);

/// <summary>Which page this is.</summary>
/// <param name="Page">From 1; 1 when a cursor was used.</param>
/// <param name="Limit">1 to 200, as asked or 50.</param>
/// <param name="Total">How many match, on all pages.</param>
public sealed record Pagination(int Page, int Limit, long Total);
