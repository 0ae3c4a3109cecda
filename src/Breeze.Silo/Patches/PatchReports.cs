using System.Collections.Concurrent;
using System.Text.Json;
using Breeze.Contracts.Agents;
using Breeze.Core;
using Breeze.Core.Patches;
using Breeze.Silo.Agents;

namespace Breeze.Silo.Patches;

/// <summary>The way of a device's report: read, put together from its parts, taken whole; or refused whole and audited.</summary>
/// <remarks>Whose report it is, the connection's credential says. Nothing in the message can speak for another device.</remarks>
internal sealed class PatchReports(PatchIntake intake, ReportParts parts, DeviceRefusals refusals) : IPatchReports
{
    // A report in parts is up to 50 MB: until its turn has come it stays in the database. An organization that sends many waits for itself.
    private const int WholeAtOnce = 8;

    private readonly ConcurrentDictionary<OrgId, SemaphoreSlim> _places = new();

    public async Task<Acknowledged> Take(DeviceId device, JsonElement message)
    {
        var reason = Read(device, message, out var report) ?? await Take(device, report!);
        if (reason is not null)
        {
            await Refuse(device, reason);
        }

        return new(reason);
    }

    public Task Oversized(DeviceId device) => Refuse(device, $"A frame had more than {AgentMethods.MaxFrameBytes} bytes.");

    private static string? Read(DeviceId device, JsonElement message, out ReportPatches? report)
    {
        report = null;
        if (message.ValueKind != JsonValueKind.Object)
        {
            return "The report is not an object.";
        }

        if (message.TryGetProperty("deviceId", out var named) && !(named.ValueKind == JsonValueKind.String && named.TryGetGuid(out var id) && id == device.Value))
        {
            return "The report names another device.";
        }

        try
        {
            report = message.Deserialize(AgentJson.Default.ReportPatches);
            return report is null ? "The report is not an object." : PatchReportReader.Refuse(report);
        }
        catch (JsonException)
        {
            return "The report is malformed.";
        }
    }

    private async Task<string?> Take(DeviceId device, ReportPatches message)
    {
        if (message.Part is null)
        {
            return await Take(PatchReportReader.Whole(device, [message]));
        }

        var source = PatchReportReader.Source(message.Source)!.Value;
        var staged = await parts.Add(device, source, message);
        if (staged.IsTooMuch)
        {
            throw new AgentRefusedException("The devices of this organization report more at once than is taken; begin this report again later.");
        }

        var refused = staged.WholeOf is { } org ? await TakeWhole(org, device, source, message.ScanId!.Value) : staged.Refused;
        if (refused is not null)
        {
            await parts.Forget(device, source, message.ScanId!.Value);
        }

        return refused;
    }

    private async Task<string?> TakeWhole(OrgId org, DeviceId device, PatchSource source, Guid scan)
    {
        var places = _places.GetOrAdd(org, _ => new SemaphoreSlim(WholeAtOnce));
        await places.WaitAsync();
        try
        {
            // Empty: the last part came twice at once, and the other one has been taken.
            return await parts.Read(device, source, scan) is { Count: > 0 } all ? await Take(PatchReportReader.Whole(device, all)) : null;
        }
        finally
        {
            places.Release();
        }
    }

    private async Task<string?> Take(Answer<PatchReport> report) => report.Refusal?.Message ?? await intake.Take(report.Value!);

    private Task Refuse(DeviceId device, string reason) =>
        refusals.Note(new(device, "patches.report", "device", device.ToString(), reason));
}
