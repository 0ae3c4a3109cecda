using Breeze.Contracts.Fleet;
using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Core.Fleet;
using Breeze.Silo.Access;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Fleet;

/// <summary>Counts what a deployment's target would mean now, without writing.</summary>
internal sealed class TargetPreviews(IDatabase database, TargetQuery targets, WindowQueries windows, TimeProvider clock)
{
    private const int MostShown = 100;

    public Task<Answer<TargetPreview>> Preview(OrgScope scope, TargetPreviewBody body) => database.Read<Answer<TargetPreview>>(async c =>
    {
        var org = await OrgChoice.Choose(c, scope, body.OrgId);
        if (org.Refusal is { } foreign)
        {
            return foreign;
        }

        var spec = TargetSpec.Parse(body.TargetConfig, "targetConfig", targets.Fields);
        if ((spec.Refusal ?? await targets.Check(c, org.Value, spec.Value!)) is { } invalid)
        {
            return invalid;
        }

        var target = await targets.Resolve(c, org.Value, spec.Value!);
        var count = await target.Count(c);
        var excluded = await target.Excluded(c);
        var outside = body.RespectMaintenanceWindows == true
            ? await target.CountWithout(c, arguments => windows.Inside(c, org.Value, clock.GetUtcNow(), arguments))
            : 0;
        return new TargetPreview(
            count.Total,
            count.Offline,
            [.. excluded.Take(MostShown).Select(e => new Contracts.Deployments.ExcludedDevice(e.DeviceId.Value, e.Reason))],
            excluded.Count,
            outside);
    });
}
