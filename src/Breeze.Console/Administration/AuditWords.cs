using System.Text.Json;
using Breeze.Console.Shell;

namespace Breeze.Console.Administration;

/// <summary>The audit log's wire names as people read them.</summary>
public static class AuditWords
{
    /// <summary>What can be looked for; others are shown all the same.</summary>
    public static IReadOnlyList<(string Value, string Text)> Actions { get; } =
    [
        .. new[]
        {
            "api_key.create", "api_key.update", "api_key.revoke", "command_key.rotate", "compliance_report.create",
            "deployment.create", "deployment.edit", "deployment.delete", "deployment.initialize", "deployment.start", "deployment.pause", "deployment.resume",
            "deployment.cancel", "deployment.rollback", "deployment.retry_device", "device.enroll", "device.update", "device.decommission", "device.revoke_credential",
            "enrollment_key.create", "enrollment_key.revoke", "group.create", "group.update", "group.change_devices", "group.delete",
            "maintenance_window.create", "maintenance_window.update", "maintenance_window.delete", "organization.create", "organization.update", "organization.delete",
            "partner.create", "partner.update", "partner.delete", "patch.approve", "patch.decline", "patch.defer", "patch.bulk_approve", "patch.auto_approve",
            "patch.deferral_ended", "patches.scan", "patch_job.create", "patch_job.cancel", "patch_rollback.create", "patch_rollback.cancel",
            "policy.create", "policy.update", "policy.delete", "policy.set_feature", "policy.remove_feature", "policy.assign", "policy.unassign",
            "session.link", "session.sign_in", "session.sign_out", "script.create", "script.update", "script.delete", "site.create", "site.update", "site.delete",
            "software_package.create", "software_package.update", "software_package.delete",
        }.Select(name => (name, Of(name))).OrderBy(a => a.Item2, StringComparer.Ordinal),
    ];

    /// <summary><c>deployment.start</c>: "Deployment: start".</summary>
    public static string Of(string action)
    {
        var at = action.IndexOf('.', StringComparison.Ordinal);
        return at < 0 ? Words.Sentence(action) : $"{Kind(action[..at])}: {Words.Of(action[(at + 1)..])}";
    }

    public static string Kind(string kind) => kind switch
    {
        "api_key" => "API key",
        "enrollment_key" => "Enrolment key",
        _ => Words.Sentence(kind),
    };

    /// <summary>The page of what a line is about; null for none.</summary>
    public static string? Path(string kind, string id) => !Guid.TryParse(id, out _) ? null : kind switch
    {
        "deployment" => $"/deployments/{id}",
        "device" => $"/devices/{id}",
        "group" => $"/groups/{id}",
        "script" => $"/scripts/{id}",
        "software_package" => $"/software/{id}",
        "maintenance_window" => $"/maintenance-windows/{id}",
        "patch" => $"/patches/{id}",
        "patch_job" => $"/patches/jobs/{id}",
        "policy" or "configuration_policy" => $"/policies/{id}",
        _ => null,
    };

    /// <summary>The first members of a line's details, on one line.</summary>
    public static string Summary(JsonElement details)
    {
        if (details.ValueKind != JsonValueKind.Object)
        {
            return "more";
        }

        var shown = details.EnumerateObject().Where(m => IsTelling(m.Value))
            .Take(2).Select(m => $"{Words.Of(m.Name)} {Visible.Line(m.Value.ToString(), 60)}").ToList();
        return shown.Count == 0 ? "more" : string.Join(", ", shown);
    }

    // Ids, hashes and instants are looked up in the whole; on one line they hide what happened.
    private static bool IsTelling(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => true,
        JsonValueKind.String => value.GetString() is { Length: > 0 } text && !Guid.TryParse(text, out _) && !value.TryGetDateTimeOffset(out _)
            && !(text.Length >= 32 && text.All(char.IsAsciiHexDigit)),
        _ => false,
    };
}
