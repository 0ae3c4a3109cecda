using Breeze.Contracts;
using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Silo.Access;
using Breeze.Silo.Hosting;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Fleet;

/// <summary>Where a list by descending id (ids are in order of time) goes on; one type a list, so that none takes another's cursor.</summary>
internal abstract record ListPosition(Guid Id);

/// <summary>A list of rows, newest first, within a caller's reach, by page or cursor.</summary>
/// <param name="Columns">What to select.</param>
/// <param name="From">The tables, the first of them with the alias that <paramref name="Alias"/> names.</param>
/// <param name="Alias">The alias of the table with the columns <c>id</c> and <c>org_id</c>.</param>
internal sealed record NewestFirst(string Columns, string From, string Alias)
{
    private readonly List<string> _conditions = [];
    private readonly DynamicParameters _parameters = new();

    /// <summary>Narrows the list; the condition is text of this program, values go by name.</summary>
    public NewestFirst Where(string condition, object? values = null)
    {
        _conditions.Add(condition);
        _parameters.AddDynamicParams(values);
        return this;
    }

    /// <summary>Narrows the list to what the caller may see, and to one organization where it is asked for.</summary>
    public NewestFirst Within(OrgScope scope, Guid? orgId)
    {
        Where(scope.Sql($"{Alias}.org_id"), new { scopeId = scope.Id });
        return orgId is null ? this : Where($"{Alias}.org_id = @orgId", new { orgId });
    }

    /// <summary>Narrows the list to those whose name contains a <see cref="Searches.Pattern"/>; null takes all.</summary>
    public NewestFirst Named(string? part) => part is null ? this : Where(Searches.Contains($"{Alias}.name"), new { part });

    /// <summary>A page of what the caller may see, or the refusal of an organization that it may not name.</summary>
    public Task<Answer<PagedList<T>>> ReadWithin<TRow, T, TPosition>(
        IDatabase database, OrgScope scope, Listing wanted, NumberedPage page, Func<TRow, T> show, Func<TRow, TPosition> position)
        where TPosition : ListPosition =>
        database.Read<Answer<PagedList<T>>>(async c => await OrgChoice.Refuse(c, scope, wanted.OrgId) is { } refusal
            ? refusal
            : await Within(scope, wanted.OrgId).Named(wanted.Part).Read(c, page, show, position));

    public async Task<PagedList<T>> Read<TRow, T, TPosition>(
        SqlSource source, NumberedPage page, Func<IReadOnlyList<TRow>, Task<IReadOnlyList<T>>> show, Func<TRow, TPosition> position)
        where TPosition : ListPosition
    {
        var after = Cursors.Decode<TPosition>(page.Cursor);
        var where = _conditions.Count == 0 ? "1 = 1" : string.Join(" and ", _conditions);
        var total = await source.First<long>($"select count(*) from {From} where {where}", _parameters);
        var parameters = new DynamicParameters(_parameters);
        parameters.Add("pageLimit", page.Limit + 1);
        parameters.Add("pageOffset", page.Offset);
        if (after is not null)
        {
            where += $" and {Alias}.id < @pageAfter";
            parameters.Add("pageAfter", after.Id);
        }

        var rows = await source.Query<TRow>(
            $"select {Columns} from {From} where {where} order by {Alias}.id desc limit @pageLimit offset @pageOffset", parameters);
        var shown = rows.Take(page.Limit).ToList();
        var next = rows.Count > page.Limit ? Cursors.Encode(position(shown[^1])) : null;
        return page.Answer(await show(shown), total, next);
    }

    /// <summary>As the other, for rows that are shown one by one.</summary>
    public Task<PagedList<T>> Read<TRow, T, TPosition>(
        SqlSource source, NumberedPage page, Func<TRow, T> show, Func<TRow, TPosition> position)
        where TPosition : ListPosition =>
        Read(source, page, rows => Task.FromResult<IReadOnlyList<T>>([.. rows.Select(show)]), position);
}
