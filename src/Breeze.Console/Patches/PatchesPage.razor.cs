using Breeze.Client;
using Breeze.Console.Access;
using Breeze.Console.Live;
using Breeze.Console.Shell;
using Breeze.Contracts.Live;
using Breeze.Contracts.Patches;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;

namespace Breeze.Console.Patches;

/// <summary>The catalogue, and what to decide in it. With one organization chosen, what others decide appears by itself.</summary>
public sealed partial class PatchesPage : IDisposable
{
    private const int MostAtOnce = 1000;
    private static readonly IReadOnlySet<Guid> Nothing = new HashSet<Guid>();

    // Titles of what was seen, as a selection reaches over pages.
    private readonly Dictionary<Guid, string> _titles = [];
    private IReadOnlySet<Guid> _selected = Nothing;
    private Listing<Patch>? _listing;
    private Guid? _followed;
    private bool _going;

    [Inject]
    public LiveHub Live { get; set; } = null!;

    [SupplyParameterFromQuery(Name = "search")]
    public string? Search { get; set; }

    [SupplyParameterFromQuery(Name = "source")]
    public string? Source { get; set; }

    [SupplyParameterFromQuery(Name = "severity")]
    public string? Severity { get; set; }

    [SupplyParameterFromQuery(Name = "os")]
    public string? Os { get; set; }

    [SupplyParameterFromQuery(Name = "status")]
    public string? Status { get; set; }

    private bool MayDecide => Session.May(Rights.DecidePatches);

    private bool IsFiltered => (Search, Source, Severity, Os, Status) is not (null, null, null, null, null);

    private EventCallback<IReadOnlySet<Guid>> SelectedChanged => MayDecide
        ? EventCallback.Factory.Create<IReadOnlySet<Guid>>(this, selected => _selected = selected)
        : default;

    public void Dispose()
    {
        Live.ApprovalsChanged -= Decided;
        Leave();
    }

    protected override void OnInitialized() => Live.ApprovalsChanged += Decided;

    protected override async Task OnParametersSetAsync()
    {
        if (_followed == Organization.Id)
        {
            return;
        }

        Leave();
        _followed = Organization.Id;
        if (_followed is { } org)
        {
            try
            {
                await Live.FollowApprovals(org);
            }
            catch (BreezeException)
            {
                // The list stands as it was fetched; a decision refetches it.
            }
        }
    }

    private void Leave()
    {
        if (_followed is { } before)
        {
            _ = Live.LeaveApprovals(before);
            _followed = null;
        }
    }

    // Elsewhere: by another operator, by a policy, or because a deferral has ended. A page that shows none of them stays.
    private void Decided(ApprovalsChanged decided) => InvokeAsync(async () =>
    {
        if (decided.OrgId == _followed && _listing is { } listing
            && (decided.More || Status is not null || listing.Rows.Any(row => decided.Patches.Any(p => p.PatchId == row.Id && p.Status != row.ApprovalStatus))))
        {
            await listing.Refresh();
        }
    });

    // An approval is one organization's: without one there is nothing to filter by.
    private Task<ListPage<Patch>> Load(ListQuery query, CancellationToken cancel) => Client.Patches.Page(
        query.Page,
        query.Limit,
        query:
        [
            ("orgId", Organization.Id), ("search", Search), ("source", Source), ("severity", Severity), ("os", Os),
            ("status", Organization.Id is null ? null : Status), ("sort", query.Sort),
        ],
        cancel: cancel).Rows();

    private void Remember(ListPage<Patch> page)
    {
        foreach (var patch in page.Rows)
        {
            _titles[patch.Id] = patch.Title;
        }
    }

    private Task Refresh() => _listing!.Refresh();

    private async Task ApproveSelected()
    {
        var answer = await BulkApproveDialog.Open(Dialogs, _selected.ToDictionary(id => id, id => _titles.GetValueOrDefault(id) ?? id.ToString()));
        if (answer is not null)
        {
            // What was not approved stays selected, to be looked at.
            _selected = answer.Failed.Select(f => f.PatchId).ToHashSet();
            await Refresh();
        }
    }

    private async Task KeyOnRow(KeyboardEventArgs key, Patch patch)
    {
        // After g the key belongs to the shell, which goes somewhere by it.
        var going = _going;
        _going = key.Key == "g";
        if (going || !MayDecide || key.CtrlKey || key.AltKey || key.MetaKey)
        {
            return;
        }

        if (key.Key == "x")
        {
            var selected = _selected.ToHashSet();
            _ = selected.Remove(patch.Id) || selected.Add(patch.Id);
            _selected = selected;
            return;
        }

        Decision? kind = key.Key switch { "a" => Decision.Approve, "d" => Decision.Decline, "f" => Decision.Defer, _ => null };
        if (kind is { } decision && await DecisionDialog.Open(Dialogs, decision, patch.Id, patch.Title))
        {
            await Refresh();
        }
    }
}
