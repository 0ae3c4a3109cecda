using System.Text.Json;
using Breeze.Contracts.Deployments;

namespace Breeze.Contracts.Fleet;

/// <summary>What <c>POST /filters/preview</c> takes.</summary>
public sealed record FilterPreviewBody
{
    /// <summary>The organization; null where the key sees exactly one.</summary>
    public Guid? OrgId { get; init; }

    /// <summary><c>{operator, conditions}</c>.</summary>
    public JsonElement? Filter { get; init; }

    /// <summary>How many devices to show, 0 to 200; null means 50.</summary>
    public int? Limit { get; init; }
}

/// <summary>Who matches a filter now. Decommissioned devices do only where the filter asks for that status by name.</summary>
public sealed record FilterPreview(long TotalCount, IReadOnlyList<Device> Devices);

/// <summary>What <c>POST /targets/preview</c> takes.</summary>
public sealed record TargetPreviewBody
{
    /// <summary>The organization; null where the key sees exactly one.</summary>
    public Guid? OrgId { get; init; }

    /// <summary>As a deployment's: <c>{type, deviceIds | groupIds | filter}</c>.</summary>
    public JsonElement? TargetConfig { get; init; }

    /// <summary>Whether the deployment would keep to maintenance windows; null means false.</summary>
    public bool? RespectMaintenanceWindows { get; init; }
}

/// <summary>What a deployment to this target would mean now; nothing is written.</summary>
/// <param name="Excluded">The first 100 ids of a list that would be left out, and why.</param>
/// <param name="OutsideWindowCount">Targets outside their maintenance window right now; 0 when windows are not respected.</param>
public sealed record TargetPreview(
    int DeviceCount, int OfflineCount, IReadOnlyList<ExcludedDevice> Excluded, int ExcludedCount, int OutsideWindowCount = 0);
