using System.Text.Json;
using Breeze.Contracts.Agents;
using Breeze.Core;
using Breeze.Silo.Agents;

namespace Breeze.Silo.Patches;

/// <summary>The way of a device's report: read, put together from its parts, taken whole; or refused whole and audited.</summary>
/// <remarks>Whose report it is, the connection's credential says. Nothing in the message can speak for another device.</remarks>
internal sealed class PatchReports(PatchIntake intake, ReportParts parts, DeviceRefusals refusals) : IPatchReports
{
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

        var staged = await parts.Add(device, PatchReportReader.Source(message.Source)!.Value, message);
        return staged switch
        {
            { IsTaken: true } => null,
            { Refused: { } reason } => reason,
            { Whole: { } whole } => await Take(PatchReportReader.Whole(device, whole)),
            _ => null,
        };
    }

    private async Task<string?> Take(Answer<PatchReport> report) => report.Refusal?.Message ?? await intake.Take(report.Value!);

    private Task Refuse(DeviceId device, string reason) =>
        refusals.Note(new(device, "patches.report", "device", device.ToString(), reason));
}
