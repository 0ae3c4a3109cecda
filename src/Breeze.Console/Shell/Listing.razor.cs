using System.Globalization;
using Breeze.Client;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Routing;

namespace Breeze.Console.Shell;

/// <summary>What a column's head asks of its table.</summary>
public interface IListing
{
    /// <summary>The order now, such as <c>-lastSeenAt</c>; null for the list's own.</summary>
    string? Sort { get; }

    void SortBy(string? sort);
}

/// <remarks>When the filters that <see cref="Load"/> uses change, give another <see cref="Key"/>: the first page is fetched anew.</remarks>
public sealed partial class Listing<T> : IListing, IDisposable
{
    private readonly Leaving _leaving = new();
    private ListPage<T>? _page;
    private Exception? _failure;
    private object? _key;
    private bool _loading;
    private bool _asked;
    private int _at = 1;
    private int _turn;
    private string? _sort;

    [Parameter, EditorRequired]
    public Func<ListQuery, CancellationToken, Task<ListPage<T>>> Load { get; set; } = null!;

    /// <summary><c>th</c> elements, or <see cref="Column"/>.</summary>
    [Parameter, EditorRequired]
    public RenderFragment Columns { get; set; } = null!;

    /// <summary><c>td</c> elements; the row's link carries <c>data-row-link</c>.</summary>
    [Parameter, EditorRequired]
    public RenderFragment<T> Row { get; set; } = null!;

    /// <summary>The table's name for screen readers.</summary>
    [Parameter, EditorRequired]
    public string Label { get; set; } = "";

    /// <summary>What stands there when nothing does: a sentence, and what to do about it.</summary>
    [Parameter]
    public RenderFragment? Empty { get; set; }

    [Parameter]
    public object? Key { get; set; }

    [Parameter]
    public int Limit { get; set; } = 50;

    /// <summary>Keeps page and order in the address; off for a second table on a page.</summary>
    [Parameter]
    public bool InAddress { get; set; } = true;

    [Parameter]
    public Func<T, string?>? RowClass { get; set; }

    /// <summary>Required where rows can be selected.</summary>
    [Parameter]
    public Func<T, Guid>? IdOf { get; set; }

    [Parameter]
    public Func<T, string>? NameOf { get; set; }

    /// <summary>The selected rows' ids, over all pages.</summary>
    [Parameter]
    public IReadOnlySet<Guid> Selected { get; set; } = new HashSet<Guid>();

    [Parameter]
    public EventCallback<IReadOnlySet<Guid>> SelectedChanged { get; set; }

    [Parameter]
    public EventCallback<ListPage<T>> Loaded { get; set; }

    public string? Sort => _sort;

    public IReadOnlyList<T> Rows => _page?.Rows ?? [];

    private int First => (_at - 1) * Limit;

    private long Pages => _page is null ? 1 : (_page.Total + Limit - 1) / Limit;

    private bool AllPicked => _page is { Rows.Count: > 0 } page && page.Rows.All(row => Selected.Contains(IdOf!(row)));

    /// <summary>Fetches the same page again; what is shown stays until the answer is there.</summary>
    public async Task Refresh()
    {
        // Asked by what was still open when the page was left.
        if (_leaving.IsCancellationRequested)
        {
            return;
        }

        var turn = ++_turn;
        _loading = true;
        try
        {
            var page = await Load(new ListQuery(_at, Limit, _sort), _leaving.Token);
            if (turn == _turn)
            {
                (_page, _failure) = (page, null);
                await Loaded.InvokeAsync(page);
            }
        }
        catch (OperationCanceledException) when (_leaving.IsCancellationRequested)
        {
            return;
        }
        catch (BreezeException failed)
        {
            if (turn == _turn)
            {
                _failure = failed;
            }
        }

        if (turn == _turn && !_leaving.IsCancellationRequested)
        {
            _loading = false;
            StateHasChanged();
        }
    }

    public void SortBy(string? sort)
    {
        (_sort, _at) = (sort, 1);
        Remember();
        _ = InvokeAsync(Refresh);
    }

    public void Dispose()
    {
        Address.LocationChanged -= Moved;
        _leaving.Dispose();
    }

    protected override void OnInitialized()
    {
        if (InAddress)
        {
            ReadAddress();
            Address.LocationChanged += Moved;
        }
    }

    protected override Task OnParametersSetAsync()
    {
        if (_asked && Equals(_key, Key))
        {
            return Task.CompletedTask;
        }

        if (_asked)
        {
            _at = 1;
            _page = null;
        }

        (_asked, _key) = (true, Key);
        return Refresh();
    }

    // Back and forward in the browser.
    private void Moved(object? sender, LocationChangedEventArgs moved)
    {
        var before = (_at, _sort);
        ReadAddress();
        if (before != (_at, _sort))
        {
            _ = InvokeAsync(Refresh);
        }
    }

    private void ReadAddress()
    {
        var query = Query.Of(Address.Uri);
        _at = int.TryParse(query.GetValueOrDefault("page"), NumberStyles.None, CultureInfo.InvariantCulture, out var page) && page > 0 ? page : 1;
        _sort = query.GetValueOrDefault("sort");
    }

    private Task GoTo(int page)
    {
        _at = page;
        Remember();
        return Refresh();
    }

    private void Remember()
    {
        if (InAddress)
        {
            Address.NavigateTo(Address.GetUriWithQueryParameters(new Dictionary<string, object?> { ["page"] = _at == 1 ? null : _at, ["sort"] = _sort }));
        }
    }

    private Task Pick(T row, bool picked)
    {
        var selected = Selected.ToHashSet();
        _ = picked ? selected.Add(IdOf!(row)) : selected.Remove(IdOf!(row));
        return SelectedChanged.InvokeAsync(selected);
    }

    private Task PickAll(bool picked)
    {
        var selected = Selected.ToHashSet();
        foreach (var row in Rows)
        {
            _ = picked ? selected.Add(IdOf!(row)) : selected.Remove(IdOf!(row));
        }

        return SelectedChanged.InvokeAsync(selected);
    }
}
