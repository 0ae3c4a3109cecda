using System.Text.Json;
using Breeze.Client;
using Breeze.Console.Shell;
using Breeze.Contracts;
using Breeze.Contracts.Deployments;
using Breeze.Contracts.Fleet;
using Microsoft.AspNetCore.Components;

namespace Breeze.Console.Deployments;

/// <remarks><c>?from=</c> starts from another deployment, <c>?devices=</c> from chosen devices, both on <c>/deployments/new</c>.</remarks>
public sealed partial class EditDeployment
{
    private static readonly (string Value, string Text)[] Types = [("script", "Script"), ("patch", "Patch"), ("software", "Software"), ("policy", "Policy")];

    private readonly FormProblem _problem = new();
    private DeploymentForm? _form;
    private TargetPreview? _look;
    private Exception? _lookFailure;
    private Exception? _failure;
    private string? _etag;
    private bool _busy;
    private int _turn;
    private (Guid? Id, Guid? From)? _prepared;

    [Parameter]
    public Guid? Id { get; set; }

    [SupplyParameterFromQuery(Name = "from")]
    public Guid? From { get; set; }

    /// <summary>Ids, separated by commas.</summary>
    [SupplyParameterFromQuery(Name = "devices")]
    public string? Devices { get; set; }

    private IReadOnlyList<(string Value, string Text)> Organizations => [.. Organization.All.Select(o => (o.Id.ToString(), o.Name))];

    private string TypeHint => _form!.Type switch
    {
        "script" => "Runs a script of the library on each device.",
        "patch" => "Installs what is approved for the device when it is sent.",
        "software" => "Downloads, verifies and installs a package; other operating systems are skipped.",
        _ => "Sends the settings of a configuration policy.",
    };

    protected override Task OnParametersSetAsync() => _prepared == (Id, From) ? Task.CompletedTask : Prepare();

    private async Task Prepare()
    {
        _prepared = (Id, From);
        _failure = null;
        try
        {
            _form = await Start();
        }
        catch (BreezeException failed)
        {
            _failure = failed;
            return;
        }

        await LookAtTargets();
    }

    private async Task<DeploymentForm> Start()
    {
        if ((Id ?? From) is not { } source)
        {
            var chosen = (Devices ?? "").Split(',').Select(id => Guid.TryParse(id, out var device) ? device : (Guid?)null).OfType<Guid>().ToHashSet();
            return new DeploymentForm { OrgId = Organization.ForNew, DeviceIds = chosen };
        }

        var read = await Client.Deployments.Get(source);
        var form = DeploymentForm.Of(read.Value);
        if (Id is null)
        {
            form.Name = read.Value.Name.Length > 190 ? read.Value.Name : $"{read.Value.Name} (copy)";
        }
        else
        {
            _etag = read.ETag;
        }

        return form;
    }

    private Task ChooseOrganization(string id)
    {
        // What was chosen belongs to the organization that was chosen before.
        var kept = _form!;
        _form = new DeploymentForm
        {
            OrgId = Guid.TryParse(id, out var org) ? org : null,
            Name = kept.Name,
            Type = kept.Type,
            TargetType = kept.TargetType,
            IsStaggered = kept.IsStaggered,
            BatchSize = kept.BatchSize,
            BatchDelayMinutes = kept.BatchDelayMinutes,
        };
        return LookAtTargets();
    }

    /// <summary>Asks, when the changes have rested a moment, what the target would mean now.</summary>
    private async Task LookAtTargets()
    {
        var turn = ++_turn;
        var form = _form!;
        if (form.IsTargetEmpty || (form.OrgId is null && Organization.IsSeveral))
        {
            (_look, _lookFailure) = (null, null);
            return;
        }

        await Task.Delay(350);
        if (turn != _turn)
        {
            return;
        }

        try
        {
            var look = await Client.Previews.Targets(new TargetPreviewBody
            {
                OrgId = form.OrgId,
                TargetConfig = JsonSerializer.SerializeToElement(form.Target(), BreezeJson.Lenient),
                RespectMaintenanceWindows = form.RespectMaintenanceWindows,
            });
            if (turn == _turn)
            {
                (_look, _lookFailure) = (look, null);
            }
        }
        catch (BreezeException failed)
        {
            if (turn == _turn)
            {
                (_look, _lookFailure) = (null, failed);
            }
        }

        StateHasChanged();
    }

    private async Task Send(bool initialize)
    {
        if (_busy)
        {
            return;
        }

        var (body, field, problem) = _form!.ToBody();
        if (body is null)
        {
            _problem.Say(field!, problem!);
            return;
        }

        _busy = true;
        var id = Id;
        if (await _problem.Try(async () => id = (await Save(body)).Id))
        {
            // A saved draft stays one when initialize is refused: its page says what is wrong.
            if (initialize)
            {
                await Act.Run("Initialized: targets and batches are fixed. Nothing is sent before it is started.", () => Client.Deployments.Initialize(id!.Value));
            }
            else
            {
                Act.Tell("Saved as draft.");
            }

            Address.NavigateTo(Organization.Link($"/deployments/{id}"));
        }

        _busy = false;
    }

    private async Task<Deployment> Save(DeploymentBody body)
    {
        if (Id is not { } id)
        {
            return (await Client.Deployments.Create(body)).Value;
        }

        var saved = await Client.Deployments.Update(id, body, _etag);
        _etag = saved.ETag;
        return saved.Value;
    }
}
