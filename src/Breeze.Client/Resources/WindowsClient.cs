using Breeze.Client.Http;
using Breeze.Contracts.Fleet;

namespace Breeze.Client.Resources;

/// <summary>Maintenance windows. The list takes <c>orgId, search</c>.</summary>
public sealed class WindowsClient : EditableResource<MaintenanceWindow, MaintenanceWindowBody, MaintenanceWindowBody>
{
    internal WindowsClient(Transport transport)
        : base(transport, "maintenance-windows")
    {
    }

    /// <summary>Every opening of windows that overlaps a span of at most 62 days, the earliest first.</summary>
    /// <param name="orgId">The windows that apply within one organization; null: all that the key may see.</param>
    public Task<WindowOccurrences> Occurrences(Guid? orgId, DateTimeOffset from, DateTimeOffset to, CancellationToken cancel = default) =>
        Transport.SendBare<WindowOccurrences>(new(HttpMethod.Get, Query.To($"{Path}/occurrences", ("orgId", orgId), ("from", from), ("to", to))), cancel);
}
