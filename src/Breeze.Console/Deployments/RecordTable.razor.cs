using Breeze.Client;
using Breeze.Console.Shell;
using Breeze.Contracts.Deployments;
using Breeze.Contracts.Live;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web.Virtualization;
using MudBlazor;

namespace Breeze.Console.Deployments;

public sealed partial class RecordTable
{
    private const int MostAtOnce = 100;

    // What the live connection said since the rows were fetched.
    private readonly Dictionary<Guid, ChangedDevice> _news = [];
    private HashSet<Guid> _selected = [];
    private Virtualize<DeviceRecord>? _rows;
    private Exception? _failure;
    private long? _total;
    private (string?, int?, string?) _filters;
    private bool _filtered;

    [Parameter, EditorRequired]
    public Guid Id { get; set; }

    [Parameter]
    public string? Run { get; set; }

    [Parameter]
    public string? Status { get; set; }

    [Parameter]
    public int? Batch { get; set; }

    [Parameter]
    public string? Search { get; set; }

    [Parameter]
    public bool MayRetry { get; set; }

    [Inject]
    private NavigationManager Address { get; set; } = null!;

    [Inject]
    private TimeProvider Clock { get; set; } = null!;

    private string WithoutBatch => Address.GetUriWithQueryParameter("batch", (int?)null);

    /// <summary>Devices that changed: shown at once where they are seen, and fetched with the next refresh.</summary>
    public void Take(DevicesChanged change)
    {
        foreach (var device in change.Devices)
        {
            _news[device.DeviceId] = device;
        }
    }

    /// <summary>Fetches the rows in sight again.</summary>
    public async Task Refresh()
    {
        if (_rows is not null)
        {
            _news.Clear();
            await _rows.RefreshDataAsync();
            StateHasChanged();
        }
    }

    protected override async Task OnParametersSetAsync()
    {
        if (_filtered && _filters != (Status, Batch, Search))
        {
            _selected = [];
            _total = null;
            await Refresh();
        }

        (_filtered, _filters) = (true, (Status, Batch, Search));
    }

    private async ValueTask<ItemsProviderResult<DeviceRecord>> Provide(ItemsProviderRequest request)
    {
        try
        {
            var found = new List<DeviceRecord>();
            var total = 0L;
            do
            {
                var page = await Client.Deployments.DevicePage(
                    Id, Status, Batch, Run, Math.Min(MostAtOnce, Math.Max(1, request.Count - found.Count)), request.StartIndex + found.Count, search: Search, cancel: request.CancellationToken);
                total = page.Total;
                found.AddRange(page.Data);
                if (page.Data.Count == 0)
                {
                    break;
                }
            }
            while (found.Count < request.Count && request.StartIndex + found.Count < total);
            Told(total, null);
            return new(found, (int)total);
        }
        catch (OperationCanceledException) when (request.CancellationToken.IsCancellationRequested)
        {
            // With the token that it gave, so that the list knows its own change of mind from a failure.
            throw new OperationCanceledException(request.CancellationToken);
        }
        catch (BreezeException failed)
        {
            Told(_total, failed);
            return new([], (int)(_total ?? 0));
        }
    }

    private void Told(long? total, Exception? failure)
    {
        if (_total != total || _failure != failure)
        {
            (_total, _failure) = (total, failure);
            _ = InvokeAsync(StateHasChanged);
        }
    }

    private (DeviceRecordStatus Status, DevicePhase? Phase) Now(DeviceRecord record) =>
        _news.TryGetValue(record.DeviceId, out var news) ? (news.Status, news.Phase) : (record.Status, record.Phase);

    private string Link(DeviceRecord record) => Organization.Link($"/deployments/{Id}/devices/{record.DeviceId}{(Run is null ? "" : $"?run={Run}")}");

    private static string Why(DeviceRecord record, DateTimeOffset now) => record switch
    {
        { NextAttemptAt: { } at, Status: DeviceRecordStatus.Pending } => $"next attempt {Instants.FromNow(at, now)}{(record.FailureKind is { } last ? $", after {Words.Of(last)}" : "")}",
        { SkipReason: { } reason } => Words.Of(reason),
        { FailureKind: { } kind } => $"{Words.Of(kind)}{(record.Result?.ExitCode is { } code ? $" {code}" : "")}{(record.Result?.Error is { Length: > 0 } error ? $": {error}" : "")}",
        _ => "",
    };

    private void Pick(Guid device, bool picked) => _ = picked ? _selected.Add(device) : _selected.Remove(device);

    private async Task RetrySelected()
    {
        RetriedMany? answer = null;
        if (await Act.Run(null, async () => answer = await Client.Deployments.RetryMany(Id, new RetryManyBody { DeviceIds = [.. _selected] })))
        {
            Act.Tell(RetrySentence.Of(answer!), answer!.Refused.Count == 0 ? Severity.Success : Severity.Warning);
            _selected = [];
            await Refresh();
        }
    }
}
