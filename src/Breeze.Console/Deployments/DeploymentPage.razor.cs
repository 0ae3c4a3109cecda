using Breeze.Client;
using Breeze.Console.Live;
using Breeze.Console.Shell;
using Breeze.Contracts.Deployments;
using Breeze.Contracts.Live;
using Microsoft.AspNetCore.Components;

namespace Breeze.Console.Deployments;

/// <remarks>
/// Messages come up to five times a second and are painted at most four times; what lists show is fetched again at most once a second, and only
/// where it is seen.
/// </remarks>
public sealed partial class DeploymentPage : IAsyncDisposable
{
    private static readonly TimeSpan PaintEvery = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan FetchEvery = TimeSpan.FromSeconds(1);

    private Fetched<Deployment>? _fetched;
    private BatchStrip? _strip;
    private RecordTable? _records;
    private DeploymentProgress? _news;
    private Guid? _followed;
    private readonly RolloutRate _rate = new();
    private bool _painting;
    private bool _fetching;
    private int _failedSeen;

    [Inject]
    private BreezeClient Client { get; set; } = null!;

    [Inject]
    private LiveHub Live { get; set; } = null!;

    [Inject]
    private NavigationManager Address { get; set; } = null!;

    [Inject]
    private TimeProvider Clock { get; set; } = null!;

    [Parameter]
    public Guid Id { get; set; }

    /// <summary><c>rollout</c>: the first run of one that was rolled back.</summary>
    [SupplyParameterFromQuery(Name = "run")]
    public string? Run { get; set; }

    [SupplyParameterFromQuery(Name = "view")]
    public string? View { get; set; }

    [SupplyParameterFromQuery(Name = "status")]
    public string? StatusFilter { get; set; }

    [SupplyParameterFromQuery(Name = "batch")]
    public int? Batch { get; set; }

    [SupplyParameterFromQuery(Name = "search")]
    public string? Search { get; set; }

    public async ValueTask DisposeAsync()
    {
        Live.Progressed -= Heard;
        Live.DevicesChanged -= Changed;
        Live.Missed -= Missed;
        if (_followed is { } id)
        {
            await Live.LeaveDeployment(id);
        }
    }

    protected override void OnInitialized()
    {
        Live.Progressed += Heard;
        Live.DevicesChanged += Changed;
        Live.Missed += Missed;
    }

    protected override async Task OnParametersSetAsync()
    {
        if (_followed == Id)
        {
            return;
        }

        if (_followed is { } before)
        {
            await Live.LeaveDeployment(before);
        }

        (_followed, _news) = (Id, null);
        try
        {
            Heard(await Live.FollowDeployment(Id));
        }
        catch (BreezeException)
        {
            // What was fetched is shown, with its own failure where it has one; the next visit follows again.
            _followed = null;
        }
    }

    private async Task<Deployment> Load(CancellationToken cancel)
    {
        var deployment = (await Client.Deployments.Get(Id, Run, cancel)).Value;
        if (deployment.Progress is { } progress)
        {
            _rate.Take(progress, Clock.GetUtcNow());
        }

        return deployment;
    }

    // The first run's figures stand still; what is followed is the current one.
    private bool IsCurrent(Deployment shown) => _news is not null && (Run is null || shown.Run == "rollout");

    private DeploymentStatus Status(Deployment shown) => _news?.Status ?? shown.Status;

    private Progress? Progress(Deployment shown) => IsCurrent(shown) && Run is null ? _news!.Progress ?? shown.Progress : shown.Progress;

    private string? PausedReason(Deployment shown) => Status(shown) == DeploymentStatus.Paused ? _news?.PausedReason ?? shown.PausedReason : null;

    private bool HasRolledBack(Deployment shown) => Run is not null || shown.Run == "rollback";

    private string Tab(string? view) => Address.GetUriWithQueryParameters(new Dictionary<string, object?> { ["view"] = view, ["page"] = null });

    private void Heard(DeploymentProgress news)
    {
        if (news.DeploymentId != Id)
        {
            return;
        }

        var before = _news?.Status ?? _fetched?.Value?.Status;
        _news = news;
        if (news.Progress is { } progress)
        {
            _rate.Take(progress, Clock.GetUtcNow());
        }

        Paint();
        if (before is not null && before != news.Status)
        {
            // What may be done now, and when it ended, are told by the deployment itself.
            _ = InvokeAsync(Refresh);
        }

        FetchLists();
    }

    private void Changed(DevicesChanged change)
    {
        if (change.DeploymentId == Id && Run is null)
        {
            _records?.Take(change);
            FetchLists();
        }
    }

    private void Missed(Guid id)
    {
        if (id == Id)
        {
            _ = InvokeAsync(Refresh);
        }
    }

    private async Task Refresh()
    {
        if (_fetched is not null)
        {
            await _fetched.Refresh();
        }

        FetchLists();
    }

    private async void Paint()
    {
        if (_painting)
        {
            return;
        }

        _painting = true;
        await Task.Delay(PaintEvery);
        _painting = false;
        StateHasChanged();
    }

    private async void FetchLists()
    {
        if (_fetching)
        {
            return;
        }

        _fetching = true;
        await Task.Delay(FetchEvery);
        _fetching = false;
        _failedSeen = _news?.Progress?.Failed ?? _failedSeen;
        if (_strip is not null)
        {
            await _strip.Refresh();
        }

        if (_records is not null)
        {
            await _records.Refresh();
        }
    }
}
