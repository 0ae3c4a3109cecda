using Breeze.Client;
using Breeze.Console.Patches;
using Breeze.Console.Shell;
using Breeze.Contracts.Policies;
using Microsoft.AspNetCore.Components;

namespace Breeze.Console.Policies;

public sealed partial class PatchSettingsForm
{
    private readonly FormProblem _problem = new();
    private SettingsDraft _draft = new();
    private PatchSettingsBody? _shown;
    private bool _begun;
    private bool _changed;
    private bool _busy;
    private IReadOnlyList<string> _zones = [];
    private string _zone = "UTC";
    private IReadOnlyList<ScheduledRun>? _runs;
    private string? _unseen;
    private int _turn;

    [Inject]
    public BreezeClient Client { get; set; } = null!;

    [Inject]
    public Act Act { get; set; } = null!;

    [Parameter, EditorRequired]
    public Guid PolicyId { get; set; }

    /// <summary>Null: the policy has none yet.</summary>
    [Parameter]
    public PatchSettingsBody? Settings { get; set; }

    /// <summary>Time zones of the sites that the policy reaches.</summary>
    [Parameter]
    public IReadOnlyList<string> Zones { get; set; } = [];

    [Parameter]
    public EventCallback Saved { get; set; }

    private static IReadOnlyList<(string Value, string Text)> Frequencies { get; } = [("daily", "Every day"), ("weekly", "Every week"), ("monthly", "Every month")];

    private string DeadlineHint => int.TryParse(_draft.Deadline, out var minutes) && minutes > 0
        ? $"1 to 43200: {Instants.Long(TimeSpan.FromMinutes(minutes))} for those that are offline or may not be patched at the time."
        : "1 to 43200, for those that are offline or may not be patched at the time.";

    protected override async Task OnParametersSetAsync()
    {
        _zones = [.. Zones.Append("UTC").Append(TimeZoneInfo.Local.Id).Distinct(StringComparer.Ordinal)];
        if (!_begun || (!_changed && _shown != Settings))
        {
            _zone = _begun && _zones.Contains(_zone) ? _zone : _zones[0];
            (_begun, _shown) = (true, Settings);
            _draft = SettingsDraft.From(Settings, PatchWords.Sources.Select(s => s.Value));
            await Preview();
        }
        else if (!_zones.Contains(_zone))
        {
            _zone = _zones[0];
            await Preview();
        }
    }

    private string? Wrong(string member) => _problem.Text($"inlineSettings.{member}");

    private Task Turn(HashSet<string> set, string value, bool on) => Change(() => _ = on ? set.Add(value) : set.Remove(value));

    private async Task Change(Action change)
    {
        change();
        _changed = true;
        await Preview();
    }

    private async Task Restore()
    {
        _changed = false;
        _problem.Clear();
        _draft = SettingsDraft.From(Settings, PatchWords.Sources.Select(s => s.Value));
        await Preview();
    }

    // Asked of the server, which has the time zones and the rules for the days when clocks change.
    private async Task Preview()
    {
        var turn = ++_turn;
        if (_draft.Frequency.Length == 0)
        {
            _runs = null;
            return;
        }

        await Task.Delay(_runs is null ? 1 : 250);
        if (turn != _turn)
        {
            return;
        }

        var whole = _draft.ToBody(out var unreadable);
        if (whole is null)
        {
            (_runs, _unseen) = (null, unreadable == "scheduleDayOfMonth" ? "Say on which day." : _unseen);
            return;
        }

        try
        {
            // The schedule alone: what else is still missing in the form does not hide it.
            var runs = await Client.Policies.PreviewSchedule(new()
            {
                InlineSettings = new()
                {
                    ScheduleFrequency = whole.ScheduleFrequency,
                    ScheduleTime = whole.ScheduleTime,
                    ScheduleDayOfWeek = whole.ScheduleDayOfWeek,
                    ScheduleDayOfMonth = whole.ScheduleDayOfMonth,
                },
                TimeZone = _zone,
            });
            if (turn == _turn)
            {
                (_runs, _unseen) = (runs, null);
            }
        }
        catch (BreezeException refused)
        {
            if (turn == _turn)
            {
                (_runs, _unseen) = (null, Act.Sentence(refused));
            }
        }
    }

    private async Task Save()
    {
        if (_draft.ToBody(out var unreadable) is not { } body)
        {
            _problem.Say($"inlineSettings.{unreadable}", "This takes a whole number.");
            return;
        }

        if (body is { AutoApprove: true, AutoApproveSeverities.Count: 0 })
        {
            _problem.Say("inlineSettings.autoApproveSeverities", "Choose at least one severity, or do not approve by itself.");
            return;
        }

        if (body.Sources is { Count: 0 })
        {
            _problem.Say("inlineSettings.sources", "Choose at least one source.");
            return;
        }

        _busy = true;
        if (await _problem.Try(async () => await Client.Policies.SetFeature(PolicyId, new() { FeatureType = PolicyWords.PatchFeature, InlineSettings = body })))
        {
            _changed = false;
            Act.Tell("The settings are saved.");
            await Saved.InvokeAsync();
        }

        _busy = false;
    }
}
