using Breeze.Client.Http;
using Breeze.Contracts;

namespace Breeze.Client.Resources;

/// <summary>A list of the API: by page, or all of it by cursor.</summary>
/// <typeparam name="T">The thing, as every answer shows it.</typeparam>
/// <remarks>Everything throws <see cref="BreezeException"/> when refused or unreachable.</remarks>
public class ListedResource<T>
{
    private protected ListedResource(Transport transport, string path) => (Transport, Path) = (transport, $"api/v1/{path}");

    private protected Transport Transport { get; }

    private protected string Path { get; }

    /// <summary>One page, newest first.</summary>
    /// <param name="page">From 1; null for the first, or when <paramref name="cursor"/> is given.</param>
    /// <param name="limit">1–200.</param>
    /// <param name="query">Further parameters that this list takes, such as <c>("orgId", id)</c>; null values are left out.</param>
    public Task<PagedList<T>> Page(
        int? page = null, int limit = 50, string? cursor = null, IReadOnlyList<(string Name, object? Value)>? query = null, CancellationToken cancel = default) =>
        Transport.SendBare<PagedList<T>>(
            new(HttpMethod.Get, Query.To(Path, [("page", page), ("limit", limit), ("cursor", cursor), .. query ?? []])), cancel);

    /// <summary>All of them, newest first, page by page as they are consumed.</summary>
    /// <param name="query">As for <see cref="Page"/>.</param>
    public IAsyncEnumerable<T> List(IReadOnlyList<(string Name, object? Value)>? query = null, CancellationToken cancel = default) =>
        Cursors.Walk((cursor, token) => Page(null, 200, cursor, query, token), page => (page.Data, page.NextCursor), cancel);
}

/// <summary>A list and nothing else.</summary>
public sealed class PlainList<T> : ListedResource<T>
{
    internal PlainList(Transport transport, string path)
        : base(transport, path)
    {
    }
}

/// <summary>A list whose things can be fetched and ended one by one.</summary>
public class Resource<T> : ListedResource<T>
{
    private protected Resource(Transport transport, string path)
        : base(transport, path)
    {
    }

    public async Task<T> Get(Guid id, CancellationToken cancel = default) => (await GetVersioned(id, cancel)).Value;

    /// <summary>With the ETag that a change can be made conditional on.</summary>
    public Task<Versioned<T>> GetVersioned(Guid id, CancellationToken cancel = default) =>
        Transport.SendVersioned<T>(new(HttpMethod.Get, $"{Path}/{id}"), cancel);

    /// <summary>Deletes, revokes or decommissions: whatever the end of this kind of thing is.</summary>
    public Task Delete(Guid id, string? ifMatch = null, CancellationToken cancel = default) =>
        Transport.Send(new(HttpMethod.Delete, $"{Path}/{id}") { IfMatch = ifMatch }, cancel);
}

/// <summary>A resource whose things are made once and not edited, such as keys.</summary>
/// <remarks>Creating answers the thing with its secret, which is shown this once.</remarks>
public class CreatableResource<T, TCreate, TCreated> : Resource<T>
    where TCreate : notnull
{
    internal CreatableResource(Transport transport, string path)
        : base(transport, path)
    {
    }

    public Task<TCreated> Create(TCreate body, CancellationToken cancel = default) =>
        Transport.Send<TCreated>(new(HttpMethod.Post, Path) { Body = body }, cancel);
}

/// <summary>A resource whose things are made and edited.</summary>
public class EditableResource<T, TCreate, TUpdate> : Resource<T>
    where TCreate : notnull
    where TUpdate : notnull
{
    private readonly HttpMethod _updates;

    internal EditableResource(Transport transport, string path, HttpMethod? updates = null)
        : base(transport, path) => _updates = updates ?? HttpMethod.Put;

    public Task<T> Create(TCreate body, CancellationToken cancel = default) =>
        Transport.Send<T>(new(HttpMethod.Post, Path) { Body = body }, cancel);

    /// <param name="ifMatch">The ETag as read; null overwrites whatever is there.</param>
    public Task<T> Update(Guid id, TUpdate body, string? ifMatch = null, CancellationToken cancel = default) =>
        Transport.Send<T>(new(_updates, $"{Path}/{id}") { Body = body, IfMatch = ifMatch }, cancel);
}
