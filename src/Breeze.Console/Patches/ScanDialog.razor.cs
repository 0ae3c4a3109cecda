using Breeze.Client;
using Breeze.Client.Resources;
using Breeze.Console.Shell;
using Breeze.Contracts.Patches;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace Breeze.Console.Patches;

public sealed partial class ScanDialog
{
    // What one request to scan takes.
    private const int Most = 10_000;

    private static readonly IReadOnlySet<Guid> Nothing = new HashSet<Guid>();
    private readonly FormProblem _problem = new();
    private IReadOnlyList<(string Value, string Text)> _groups = [];
    private IReadOnlyList<(string Value, string Text)> _sites = [];
    private IReadOnlySet<Guid> _named = Nothing;
    private string _kind = "all";
    private string? _target;
    private string? _source;
    private long? _count;
    private int _collected;
    private bool _busy;
    private PatchScanAnswer? _answer;

    [CascadingParameter]
    private IMudDialogInstance? Dialog { get; set; }

    private static IReadOnlyList<(string Value, string Text)> Kinds { get; } =
        [("all", "All devices"), ("group", "Those of a group"), ("site", "Those of a site"), ("named", "Named devices")];

    private bool TooMany => _kind != "named" && _count > Most;

    private string? Count => _kind == "named" || _count is null ? null
        : TooMany ? $"{Number.Of(_count.Value)} devices: a scan takes at most {Number.Of(Most)}. Choose a group or a site."
        : $"{Number.Of(_count.Value, "device")}";

    private DeviceQuery? Query => _kind switch
    {
        "all" => new() { OrgId = Organization.Id },
        "group" when Guid.TryParse(_target, out var group) => new() { OrgId = Organization.Id, GroupId = group },
        "site" when Guid.TryParse(_target, out var site) => new() { OrgId = Organization.Id, SiteId = site },
        _ => null,
    };

    public static async Task Open(IDialogService dialogs)
    {
        var dialog = await dialogs.ShowAsync<ScanDialog>("Scan for patches", new DialogOptions { MaxWidth = MaxWidth.Small, FullWidth = true, BackdropClick = false });
        await dialog.Result;
    }

    protected override Task OnInitializedAsync() => CountThem();

    private async Task Choose(string kind)
    {
        (_kind, _target, _count) = (kind, null, null);
        if (kind == "group" && _groups.Count == 0)
        {
            await _problem.Try(async () => _groups = await Named(Client.Groups.List([("orgId", Organization.Id)]), g => (g.Id, g.Name, g.OrgId)));
        }
        else if (kind == "site" && _sites.Count == 0)
        {
            await _problem.Try(async () => _sites = await Named(Client.Sites.List([("orgId", Organization.Id)]), s => (s.Id, s.Name, s.OrgId)));
        }

        await CountThem();
    }

    private Task Aim(string target)
    {
        _target = target;
        return CountThem();
    }

    // By name, with the organization's where several are looked at.
    private async Task<IReadOnlyList<(string Value, string Text)>> Named<T>(IAsyncEnumerable<T> all, Func<T, (Guid Id, string Name, Guid OrgId)> part)
    {
        var found = new List<(string Value, string Text)>();
        await foreach (var item in all)
        {
            var (id, name, org) = part(item);
            found.Add((id.ToString(), Organization.Id is null && Organization.IsSeveral ? $"{name} · {Organization.NameOf(org)}" : name));
        }

        found.Sort((a, b) => string.Compare(a.Text, b.Text, StringComparison.OrdinalIgnoreCase));
        return found;
    }

    private async Task CountThem()
    {
        var query = Query;
        _count = null;
        if (query is not null)
        {
            await _problem.Try(async () =>
            {
                var total = (await Client.Devices.Find(query, limit: 1)).Pagination.Total;
                _count = query == Query ? total : _count;
            });
        }
    }

    private async Task Send()
    {
        if (_kind == "named" && _named.Count == 0)
        {
            _problem.Say("deviceIds", "Choose at least one device.");
            return;
        }

        if (_kind is "group" or "site" && _target is null or "")
        {
            _problem.Say("target", $"Choose a {_kind}.");
            return;
        }

        _busy = true;
        await _problem.Try(async () => _answer = await Scan());
        (_busy, _collected) = (false, 0);
    }

    private async Task<PatchScanAnswer> Scan()
    {
        var devices = _kind == "named" ? [.. _named] : await Collect(Query!);
        return devices.Count == 0
            ? throw new BreezeException("There is no device to scan here.")
            : await Client.Patches.Scan(devices, string.IsNullOrEmpty(_source) ? null : _source);
    }

    // The request takes ids: those of a group or site are read page by page.
    private async Task<List<Guid>> Collect(DeviceQuery query)
    {
        var ids = new List<Guid>();
        await foreach (var device in Client.Devices.FindAll(query))
        {
            ids.Add(device.Id);
            if (ids.Count % 200 == 0)
            {
                _collected = ids.Count;
                StateHasChanged();
            }

            if (ids.Count == Most)
            {
                break;
            }
        }

        return ids;
    }
}
