using System.Globalization;
using Breeze.Client;
using Breeze.Console.Access;
using Breeze.Console.Live;
using Breeze.Console.Shell;
using Breeze.Contracts.Live;
using Breeze.Contracts.Patches;
using Microsoft.AspNetCore.Components;

namespace Breeze.Console.Compliance;

/// <summary>How the fleet stands. With one organization chosen its changes come by the live connection.</summary>
public sealed partial class CompliancePage : IDisposable
{
    // A message says that something changed; the breakdown is asked for, at most this often.
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(2);

    private readonly Leaving _leaving = new();
    private Fetched<ComplianceSummary>? _summary;
    private Guid? _followed;
    private bool _live;
    private bool _looking;
    private bool _lookAgain;

    [Inject]
    public BreezeClient Client { get; set; } = null!;

    [Inject]
    public CurrentOrganization Organization { get; set; } = null!;

    [Inject]
    public LiveHub Live { get; set; } = null!;

    [Inject]
    public TimeProvider Clock { get; set; } = null!;

    [SupplyParameterFromQuery(Name = "source")]
    public string? Source { get; set; }

    [SupplyParameterFromQuery(Name = "severity")]
    public string? Severity { get; set; }

    private bool ShowsOrganization => Organization.Id is null && Organization.IsSeveral;

    /// <summary>"84.2 %": two decimals at most, as the server rounds.</summary>
    public static string Percent(decimal percent) => percent.ToString("0.##", CultureInfo.InvariantCulture) + "\u202F%";

    public void Dispose()
    {
        Live.ComplianceChanged -= Changed;
        Leave();
        _leaving.Dispose();
    }

    protected override void OnInitialized() => Live.ComplianceChanged += Changed;

    protected override async Task OnParametersSetAsync()
    {
        if (_followed == Organization.Id)
        {
            return;
        }

        Leave();
        if (Organization.Id is not { } org)
        {
            return;
        }

        _followed = org;
        try
        {
            await Live.FollowCompliance(org);
            _live = _followed == org;
        }
        catch (BreezeException)
        {
            // It is asked for now and then instead.
            _live = false;
        }
    }

    private void Leave()
    {
        if (_followed is { } before)
        {
            _ = Live.LeaveCompliance(before);
        }

        (_followed, _live) = (null, false);
    }

    private void Changed(ComplianceChanged now) => InvokeAsync(() =>
    {
        if (now.OrgId == _followed)
        {
            _ = Look();
        }
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
            while (_lookAgain && _summary is not null)
            {
                _lookAgain = false;
                await _summary.Refresh();
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
}
