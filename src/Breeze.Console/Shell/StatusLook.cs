using MudBlazor;

namespace Breeze.Console.Shell;

/// <summary>How a state looks: a tone (<c>good, bad, warn, busy, idle, off</c>) and a sign of its own shape.</summary>
public sealed record StatusLook(string Tone, string Icon)
{
    /// <param name="state">As <see cref="Words.Of"/> gives it.</param>
    public static StatusLook Of(string state) => state switch
    {
        "completed" or "installed" or "approved" or "online" or "done" or "ok" or "active" or "rolled back" or "open" => new("good", Icons.Material.Outlined.CheckCircle),
        "failed" or "error" or "rejected" or "declined" or "timed out" or "revoked" or "refused" or "lost" => new("bad", Icons.Material.Outlined.Cancel),
        "paused" => new("warn", Icons.Material.Outlined.PauseCircle),
        "missing" or "interrupted" or "withdrawn" or "expired" or "used up" => new("warn", Icons.Material.Outlined.ErrorOutline),
        "deferred" or "scheduled" or "soaking" or "retrying" => new("idle", Icons.Material.Outlined.Schedule),
        "running" or "downloading" or "installing" or "sent" or "accepted" or "queued" => new("busy", Icons.Material.Outlined.PlayCircle),
        "rollback" or "rolling back" => new("busy", Icons.Material.Outlined.Undo),
        "draft" => new("off", Icons.Material.Outlined.Edit),
        "skipped" or "not approved" or "not applicable" => new("off", Icons.Material.Outlined.SkipNext),
        "cancelled" or "decommissioned" => new("off", Icons.Material.Outlined.Block),
        "offline" => new("off", Icons.Material.Outlined.CloudOff),
        "pending" or "waiting" => new("idle", Icons.Material.Outlined.HourglassEmpty),
        "critical" => new("bad", Icons.Material.Outlined.KeyboardDoubleArrowUp),
        "important" => new("warn", Icons.Material.Outlined.KeyboardArrowUp),
        "moderate" => new("idle", Icons.Material.Outlined.DragHandle),
        "low" => new("off", Icons.Material.Outlined.KeyboardArrowDown),
        "unknown" => new("off", Icons.Material.Outlined.HelpOutline),
        _ => new("off", Icons.Material.Outlined.Circle),
    };
}
