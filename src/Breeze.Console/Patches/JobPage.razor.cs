using Breeze.Client;
using Breeze.Console.Access;
using Breeze.Console.Live;
using Breeze.Console.Shell;
using Breeze.Contracts.Deployments;
using Breeze.Contracts.Jobs;
using Breeze.Contracts.Live;
using Microsoft.AspNetCore.Components;

namespace Breeze.Console.Patches;

/// <summary>One patch job. Its figures come from the live connection, its devices are asked for again as those change.</summary>
public sealed partial class JobPage : IDisposable
{
    // Devices finish by the hundred: the table is asked for at most this often.
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(2);

    private readonly Leaving _leaving = new();
    private Fetched<PatchJob>? _job;
    private Listing<PatchJobResult>? _results;
    private BreezeException? _notLive;
    private Guid? _followed;
    private bool _looking;
    private bool _lookAgain;

    [Inject]
    public BreezeClient Client { get; set; } = null!;

    [Inject]
    public CurrentOrganization Organization { get; set; } = null!;

    [Inject]
    public LiveHub Live { get; set; } = null!;

    [Inject]
    public Act Act { get; set; } = null!;

    [Inject]
    public TimeProvider Clock { get; set; } = null!;

    [Parameter]
    public Guid Id { get; set; }

    [SupplyParameterFromQuery(Name = "status")]
    public string? Status { get; set; }

    public void Dispose()
    {
        Live.JobProgressed -= Progressed;
        Leave();
        _leaving.Dispose();
    }

    protected override void OnInitialized() => Live.JobProgressed += Progressed;

    protected override async Task OnParametersSetAsync()
    {
        if (_followed == Id)
        {
            return;
        }

        Leave();
        _followed = Id;
        try
        {
            await Live.FollowJob(Id);
            _notLive = null;
        }
        catch (BreezeException refused)
        {
            _notLive = refused;
        }
    }

    private Task<PatchJob> Load(CancellationToken cancel) => Client.Jobs.Get(Id, cancel);

    private Task<ListPage<PatchJobResult>> LoadResults(ListQuery query, CancellationToken cancel) => Client.Jobs.ResultsOf(Id).Page(
        query.Page, query.Limit, query: [("status", Status)], cancel: cancel).Rows();

    private void Leave()
    {
        if (_followed is { } before)
        {
            _ = Live.LeaveJob(before);
            _followed = null;
        }
    }

    private void Progressed(JobProgress now) => InvokeAsync(() =>
    {
        if (now.JobId != Id || _job?.Value is not { } job)
        {
            return;
        }

        _job.Set(job with
        {
            Status = now.Status,
            DevicesTotal = now.DevicesTotal,
            DevicesCompleted = now.DevicesCompleted,
            DevicesFailed = now.DevicesFailed,
            DevicesSkipped = now.DevicesSkipped,
            DevicesPending = now.DevicesPending,
        });
        _ = Look();
    });

    private async Task Look()
    {
        _lookAgain = true;
        if (_looking)
        {
            return;
        }

        _looking = true;
        try
        {
            while (_lookAgain && _job is not null && _results is not null)
            {
                _lookAgain = false;
                await Task.WhenAll(_results.Refresh(), _job.Refresh());
                await Task.Delay(BetweenLooks, Clock, _leaving.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The page is left.
        }
        finally
        {
            _looking = false;
        }
    }

    private async Task Cancel(PatchJob job)
    {
        var accepted = job.Status == "scheduled" ? "It has not begun: nothing is installed." : "What devices have not accepted is withdrawn. Devices that install already go on, and what they did stays.";
        if (await Act.Confirm("Cancel this job?", $"{accepted} A cancelled job cannot be resumed.", "Cancel the job")
            && await Act.Run("The job is cancelled.", async () => _job!.Set(await Client.Jobs.Cancel(Id))))
        {
            await _results!.Refresh();
        }
    }

    private static string? Why(PatchJobResult result) => result switch
    {
        { SkipReason: SkipReason.NotApproved } => "Nothing was approved for it",
        { SkipReason: SkipReason.NotApplicable } => "It needs none of the approved patches",
        { SkipReason: SkipReason.Cancelled } => "The job was cancelled first",
        { SkipReason: SkipReason.Abandoned } => "It did not come before the deadline",
        { SkipReason: { } reason } => Words.Sentence(reason),
        { FailureKind: { } kind } => Words.Sentence(kind),
        _ => null,
    };
}
