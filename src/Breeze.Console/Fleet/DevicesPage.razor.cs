using System.Text.Json;
using Breeze.Client;
using Breeze.Console.Shell;
using Breeze.Contracts;
using Breeze.Contracts.Fleet;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace Breeze.Console.Fleet;

/// <summary>The fleet's list: every filter stands in the address.</summary>
public sealed partial class DevicesPage : IDisposable
{
    private static readonly IReadOnlyList<(string, string)> Systems = [("windows", "Windows"), ("macos", "macOS"), ("linux", "Linux")];

    private readonly Leaving _leaving = new();
    private Listing<Device>? _list;
    private FilterNames _names = new();
    private Guid? _named;
    private string? _shown;
    private JsonElement? _draft;
    private bool _building;
    private Exception? _problem;
    private IReadOnlySet<Guid> _selected = new HashSet<Guid>();

    [SupplyParameterFromQuery(Name = "search")]
    public string? Search { get; set; }

    [SupplyParameterFromQuery(Name = "status")]
    public string? Status { get; set; }

    [SupplyParameterFromQuery(Name = "os")]
    public string? Os { get; set; }

    [SupplyParameterFromQuery(Name = "site")]
    public Guid? Site { get; set; }

    [SupplyParameterFromQuery(Name = "group")]
    public Guid? Group { get; set; }

    [SupplyParameterFromQuery(Name = "tag")]
    public string? Tag { get; set; }

    /// <summary>A filter as JSON.</summary>
    [SupplyParameterFromQuery(Name = "filter")]
    public string? Filter { get; set; }

    private bool IsOne => Organization.ForNew is not null;

    private bool ShowsOrganization => Organization.IsSeveral && Organization.Id is null;

    private bool IsFiltered => (Search ?? Status ?? Os ?? Tag ?? Filter) is not null || Site is not null || Group is not null;

    protected override void OnInitialized() => Organization.Changed += OrganizationChanged;

    protected override async Task OnParametersSetAsync()
    {
        if (Filter != _shown)
        {
            (_shown, _draft) = (Filter, FilterText.Parse(Filter));
            _building |= Filter is not null;
        }

        await LoadNames();
    }

    private async Task LoadNames()
    {
        if (Organization.ForNew is not { } org || (org == _named && _problem is null))
        {
            return;
        }

        (_named, _problem) = (org, null);
        var names = new FilterNames();
        try
        {
            await names.Load(Client, org, _leaving.Token);
            _names = names;
        }
        catch (BreezeException failed)
        {
            _problem = failed;
        }
        catch (OperationCanceledException) when (_leaving.IsCancellationRequested)
        {
        }
    }

    // What is selected and filtered by belongs to the organization that was left.
    private void OrganizationChanged() => InvokeAsync(async () =>
    {
        (_selected, _names, _building) = (new HashSet<Guid>(), new FilterNames(), false);
        await LoadNames();
        StateHasChanged();
    });

    private Task<ListPage<Device>> Load(ListQuery query, CancellationToken cancel) => Client.Devices.Find(
        new()
        {
            OrgId = Organization.Id ?? (DeviceFilter.Of(Os, Tag, FilterText.Parse(Filter)) is null ? null : Organization.ForNew),
            Search = Search,
            Status = EnumName.TryParse<DeviceStatus>(Status, out var status) ? status : null,
            SiteId = Site,
            GroupId = Group,
            Filter = DeviceFilter.Of(Os, Tag, FilterText.Parse(Filter)),
            Sort = query.Sort,
        },
        query.Page,
        query.Limit,
        cancel: cancel).Rows();

    private Task Refresh() => _list?.Refresh() ?? Task.CompletedTask;

    private void Go(string name, string? value) =>
        Address.NavigateTo(Address.GetUriWithQueryParameters(new Dictionary<string, object?> { [name] = value, ["page"] = null }));

    private void Clear()
    {
        _building = false;
        Address.NavigateTo(Organization.Link("/devices"));
    }

    private async Task SaveAsGroup()
    {
        if (await Act.Open<GroupDialog>("New dynamic group", new DialogParameters<GroupDialog> { { d => d.Filter, _draft }, { d => d.OrgId, Organization.ForNew } }, MaxWidth.Medium))
        {
            Act.Tell("The group is made.");
            await LoadNames();
        }
    }

    public void Dispose()
    {
        Organization.Changed -= OrganizationChanged;
        _leaving.Dispose();
    }
}
