using System.Data.Common;
using System.Text.Json;
using Breeze.Contracts;
using Breeze.Contracts.Agents;
using Breeze.Contracts.Deployments;
using Breeze.Core;
using Breeze.Core.Deployments;
using Breeze.Core.Patches;
using Breeze.Core.Policies;
using Breeze.Silo.Agents;
using Breeze.Silo.Approvals;
using Breeze.Silo.Policies;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Deployments;

/// <summary>What a patch job installs, and how it leaves a device; fixed when the job is made.</summary>
/// <param name="Sources">Only patches of these.</param>
/// <param name="RebootDelayMinutes">How long a reboot is announced on the device.</param>
public sealed record JobTerms(IReadOnlyList<PatchSource> Sources, RebootPolicy Reboot, int RebootDelayMinutes);

/// <summary>A patch that was asked for and is not in the command.</summary>
/// <param name="Reason"><c>not_approved</c> or <c>not_applicable</c>.</param>
public sealed record LeftOutPatch(Guid Id, string Reason);

/// <summary>
/// Chooses each device's patches inside the transaction that makes its command sent. The organization's rows of the patches are held there,
/// as a decision about them holds them: nothing is sent that is not approved at that moment.
/// </summary>
public sealed class PatchInstalls(EffectivePolicies policies, IGrainFactory grains)
{
    // A command must fit a frame; what is beyond goes with the next job.
    private const int MostInCommand = 500;

    /// <summary>The changes with their payloads; those with nothing to send become skips.</summary>
    public async Task<IReadOnlyList<PlannedChange>> Fill(DbTransaction tx, RunContext context, IReadOnlyList<PlannedChange> changes, DateTimeOffset now)
    {
        var sends = changes.Where(c => c.Command is not null).ToList();
        var chosen = context switch
        {
            { CommandType: CommandTypes.InstallPatches } => await Installs(tx, context, sends, now),
            { Kind: RunKind.PatchRollback } => await Removals(tx, context, sends),
            _ => await Undone(tx, context, sends),
        };
        return [.. changes.Select(c => c.Command is null ? c : With(c, chosen[c.Device], now))];
    }

    private static PlannedChange With(PlannedChange change, Choice choice, DateTimeOffset now) => choice.Patches.Count == 0
        ? change with { Command = null, After = DeviceAttempt.Skip(change.Before, choice.WhyNone, now) }
        : change with
        {
            Command = change.Command! with
            {
                Payload = JsonSerializer.Serialize(new PatchesPayload(choice.Patches), BreezeJson.Options),
                LeftOut = choice.LeftOut.Count == 0 ? null : JsonSerializer.Serialize(choice.LeftOut, BreezeJson.Options),
            },
        };

    private async Task<Dictionary<DeviceId, Choice>> Installs(DbTransaction tx, RunContext context, List<PlannedChange> sends, DateTimeOffset now)
    {
        var devices = sends.ConvertAll(s => s.Device);
        var offered = (await Offered(tx, devices, now)).ToLookup(r => r.DeviceId);
        var undecided = devices.Where(d => offered[d].Any(r => r.Approval == ApprovalStatus.Pending)).ToList();
        var governing = undecided.Count == 0 ? new Dictionary<DeviceId, EffectivePolicy>() : await policies.Of(tx, context.Org, undecided);
        var byPolicy = new List<ScopedApproval>();
        var requested = context.Job is null ? JsonSerializer.Deserialize<HashSet<Guid>>(context.Payload)! : null;
        SkipReason? whyNothing = requested is null ? SkipReason.NotApproved : null;
        var chosen = new Dictionary<DeviceId, Choice>();
        foreach (var device in devices)
        {
            var wanted = offered[device].Where(r => context.Job?.Sources.Contains(r.Source) ?? requested!.Contains(r.PatchId)).ToList();
            var approved = new List<OfferedRow>();
            foreach (var row in wanted)
            {
                var policy = row is { Approval: ApprovalStatus.Pending, Status: DevicePatchStatus.Pending } ? governing.GetValueOrDefault(device) : null;
                var isByPolicy = policy?.Settings.Approves(row.Source, row.Severity) ?? false;
                if (row.Approval == ApprovalStatus.Approved || isByPolicy)
                {
                    approved.Add(row);
                }

                if (isByPolicy)
                {
                    byPolicy.Add(new ScopedApproval(context.Org, row.PatchId, policy!));
                }
            }

            var sent = approved.OrderBy(r => r.Severity).ThenBy(r => r.Title, StringComparer.Ordinal).Take(MostInCommand).Select(r => r.Reference).ToList();
            chosen[device] = new Choice(
                sent,
                requested is null ? [] : [.. requested.Except(sent.Select(p => p.Id))
                    .Select(id => new LeftOutPatch(id, wanted.Any(w => w.PatchId == id) ? "not_approved" : "not_applicable"))],
                wanted.Count > 0 ? SkipReason.NotApproved : whyNothing ??= await WhyNothing(tx, context, requested!, now));
        }

        await AutoApprovals.Record(tx, byPolicy, now);
        return chosen;
    }

    // Of a device to which nothing of what was asked for is offered. It is the same for every device of a step: nothing is approved, or it does not need it.
    private static async Task<SkipReason> WhyNothing(DbTransaction tx, RunContext context, HashSet<Guid> requested, DateTimeOffset now)
    {
        var approved = await tx.QueryRows<Guid>(
            $$"""
            select a.patch_id from ({rows}) v cross join patch_approvals a
            where a.org_id = v.in_org and a.patch_id = v.patch and {{ApprovalSql.Effective("a")}} = 2
            """,
            new Rows().Uuid("in_org", [.. requested.Select(_ => context.Org.Value)]).Uuid("patch", [.. requested]),
            new { now });
        return approved.Count == 0 ? SkipReason.NotApproved : SkipReason.NotApplicable;
    }

    private static async Task<IReadOnlyList<OfferedRow>> Offered(DbTransaction tx, List<DeviceId> devices, DateTimeOffset now)
    {
        const string Installable = "t.device_id = v.device and t.offered = 1 and t.status in (1, 3, 4)";
        var rows = new Rows().Uuid("device", [.. devices.Select(d => d.Value)]);
        var hold = CommandGates.HoldShared(tx, "p");
        if (hold.Length > 0)
        {
            await tx.QueryRows<Guid>(
                $"""
                select p.patch_id from org_patches p where (p.org_id, p.patch_id) in
                  (select t.org_id, t.patch_id from ({"{rows}"}) v cross join device_patches t where {Installable})
                order by p.org_id, p.patch_id{hold}
                """,
                rows);
        }

        return await tx.QueryRows<OfferedRow>(
            $$"""
            select t.device_id, t.patch_id, t.status, p.source, p.external_id, p.title, p.severity, {{ApprovalSql.Effective("a")}} as approval
            from ({rows}) v cross join device_patches t
            join org_patches p on p.org_id = t.org_id and p.patch_id = t.patch_id
            left join patch_approvals a on a.org_id = t.org_id and a.patch_id = t.patch_id
            where {{Installable}}
            """,
            rows,
            new { now });
    }

    /// <summary>A rollback of one patch: where it is still installed.</summary>
    private static async Task<Dictionary<DeviceId, Choice>> Removals(DbTransaction tx, RunContext context, List<PlannedChange> sends)
    {
        var patch = JsonSerializer.Deserialize<List<Guid>>(context.Payload)!;
        var installed = (await References(tx, [.. sends.SelectMany(s => patch.Select(p => (s.Device, p)))], "and t.status = 2")).ToLookup(r => r.DeviceId);
        return sends.ToDictionary(s => s.Device, s => new Choice([.. installed[s.Device].Select(r => r.Reference)], [], SkipReason.NotApplicable));
    }

    /// <summary>A rollback of a deployment: what its own attempts installed on the device.</summary>
    private async Task<Dictionary<DeviceId, Choice>> Undone(DbTransaction tx, RunContext context, List<PlannedChange> sends)
    {
        var said = await tx.QueryRows<SaidRow>(
            "select c.device_id, c.data from ({rows}) v cross join device_commands c where c.device_id = v.device and c.origin = v.by_origin and c.data is not null",
            new Rows()
                .Uuid("device", [.. sends.Select(s => s.Device.Value)])
                .Text("by_origin", [.. sends.Select(s => grains
                    .GetGrain<IDeviceDeploymentGrain>(context.Deployment.Value, (s.Key with { Run = 1 }).Extension).GetGrainId().ToString())]));
        var installed = said
            .SelectMany(row => PatchReports.Read(row.Data).Where(r => r.Status == Contracts.Agents.PatchResultStatus.Installed).Select(r => (row.DeviceId, r.Id)))
            .Distinct().ToList();
        var references = (await References(tx, installed, "")).ToLookup(r => r.DeviceId);
        return sends.ToDictionary(s => s.Device, s => new Choice([.. references[s.Device].Select(r => r.Reference)], [], SkipReason.NotApplicable));
    }

    private static Task<IReadOnlyList<OfferedRow>> References(DbTransaction tx, List<(DeviceId Device, Guid Patch)> pairs, string also) => tx.QueryRows<OfferedRow>(
        $$"""
        select t.device_id, t.patch_id, t.status, p.source, p.external_id, p.title, p.severity
        from ({rows}) v cross join device_patches t join org_patches p on p.org_id = t.org_id and p.patch_id = t.patch_id
        where t.device_id = v.device and t.patch_id = v.patch {{also}}
        """,
        new Rows().Uuid("device", [.. pairs.Select(p => p.Device.Value)]).Uuid("patch", [.. pairs.Select(p => p.Patch)]));

    private sealed record Choice(IReadOnlyList<PatchReference> Patches, IReadOnlyList<LeftOutPatch> LeftOut, SkipReason WhyNone);

    private sealed class OfferedRow
    {
        public DeviceId DeviceId { get; init; }

        public Guid PatchId { get; init; }

        public DevicePatchStatus Status { get; init; }

        public PatchSource Source { get; init; }

        public string ExternalId { get; init; } = "";

        public string Title { get; init; } = "";

        public PatchSeverity Severity { get; init; }

        public ApprovalStatus Approval { get; init; }

        public PatchReference Reference => new(PatchId, EnumName.Of(Source), ExternalId, Title);
    }

    private sealed class SaidRow
    {
        public DeviceId DeviceId { get; init; }

        public string? Data { get; init; }
    }
}
