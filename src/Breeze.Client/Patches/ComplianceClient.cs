using Breeze.Client.Http;
using Breeze.Contracts.Patches;

namespace Breeze.Client.Patches;

/// <summary>How the fleet stands: live, and as reports.</summary>
public sealed class ComplianceClient
{
    private const string Root = "api/v1/patches/compliance";
    private static readonly TimeSpan LongestDownload = TimeSpan.FromHours(1);
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(1);
    private readonly Transport _transport;

    internal ComplianceClient(Transport transport) => _transport = transport;

    /// <param name="orgId">Null: all that the key may see.</param>
    public Task<ComplianceSummary> Summary(Guid? orgId = null, string? source = null, string? severity = null, CancellationToken cancel = default) =>
        _transport.Send<ComplianceSummary>(new(HttpMethod.Get, Query.To(Root, ("orgId", orgId), ("source", source), ("severity", severity))), cancel);

    /// <summary>Asks for a report; it is made while the caller waits for something else.</summary>
    /// <param name="format"><c>csv</c> or <c>pdf</c>.</param>
    public Task<RequestedReport> Request(
        Guid? orgId = null, string? source = null, string? severity = null, string format = "csv", CancellationToken cancel = default) =>
        _transport.SendBare<RequestedReport>(
            new(HttpMethod.Get, Query.To($"{Root}/report", ("orgId", orgId), ("source", source), ("severity", severity), ("format", format)))
            {
                // It makes something, though it is a GET: one key for all tries.
                IdempotencyKey = Guid.CreateVersion7().ToString(),
            },
            cancel);

    public Task<ComplianceReport> Report(Guid id, CancellationToken cancel = default) =>
        _transport.Send<ComplianceReport>(new(HttpMethod.Get, $"{Root}/report/{id}"), cancel);

    /// <summary>Looks each second until the report is completed or failed.</summary>
    public async Task<ComplianceReport> Wait(Guid id, CancellationToken cancel = default)
    {
        while (true)
        {
            var report = await Report(id, cancel);
            if (report.Status is "completed" or "failed")
            {
                return report;
            }

            await Task.Delay(BetweenLooks, _transport.Options.Time, cancel);
        }
    }

    /// <summary>Writes a completed report's file to a stream that can be rewound: a download that broke off starts again.</summary>
    /// <exception cref="BreezeException">409 while it is not completed.</exception>
    public Task Download(Guid id, Stream destination, CancellationToken cancel = default) =>
        _transport.Fetch(new(HttpMethod.Get, $"{Root}/report/{id}/download") { Timeout = LongestDownload }, destination, cancel);
}
