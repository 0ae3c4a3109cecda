using System.Text.Json;
using Breeze.Contracts;
using Breeze.Contracts.Agents;
using Breeze.Contracts.Software;
using Breeze.Core;
using Breeze.Core.Fleet;

namespace Breeze.Silo.Software;

/// <summary>Checks what a caller says of a software package; refuses (400) on the first member at fault.</summary>
internal static class SoftwareBodies
{
    private const long LargestFile = 20L * 1024 * 1024 * 1024;
    private const int LongestText = 4_000;
    private const int LongestUrl = 2_000;
    private const int LongestVersion = 100;

    private static readonly string[] OsTypes = ["windows", "macos", "linux"];

    public static Answer<SoftwareRow> Read(SoftwarePackageBody body, Guid id, OrgId org, DateTimeOffset created, DateTimeOffset updated, long version)
    {
        var name = DeviceTexts.Name(body.Name);
        var refusal = name.Refusal
            ?? Text(body.Version, "version", LongestVersion, required: true)
            ?? (OsTypes.Contains(body.OsType) ? null : Refusal.Invalid("osType must be windows, macos or linux.", "osType"))
            ?? Url(body.Url)
            ?? (body.Sha256 is { Length: 64 } hash && hash.All(char.IsAsciiHexDigit) ? null : Refusal.Invalid("sha256 must be 64 hexadecimal digits.", "sha256"))
            ?? (body.SizeBytes is >= 1 and <= LargestFile ? null : Refusal.Invalid($"sizeBytes must be from 1 to {LargestFile}.", "sizeBytes"))
            ?? Text(body.InstallArguments, "installArguments", LongestText, required: false)
            ?? Text(body.UninstallCommand, "uninstallCommand", LongestText, required: false)
            ?? Detection(body.Detection);
        return refusal is not null ? refusal : new SoftwareRow
        {
            Id = id,
            OrgId = org,
            Name = name.Value!,
            PackageVersion = body.Version!.Trim(),
            OsType = body.OsType!,
            Url = body.Url!,
            Sha256 = body.Sha256!.ToLowerInvariant(),
            SizeBytes = body.SizeBytes!.Value,
            InstallArguments = body.InstallArguments,
            UninstallCommand = string.IsNullOrWhiteSpace(body.UninstallCommand) ? null : body.UninstallCommand,
            Detection = body.Detection is null ? null : JsonSerializer.Serialize(body.Detection, BreezeJson.Options),
            CreatedAt = created,
            UpdatedAt = updated,
            Version = version,
        };
    }

    private static Refusal? Url(string? url) =>
        url is { Length: <= LongestUrl } && Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.UserInfo.Length == 0
            ? null
            : Refusal.Invalid($"url must be an absolute http or https address without a password, at most {LongestUrl} characters.", "url");

    private static Refusal? Text(string? text, string field, int longest, bool required) => text switch
    {
        null when !required => null,
        null => Refusal.Invalid($"{field} is required.", field),
        _ when required && string.IsNullOrWhiteSpace(text) => Refusal.Invalid($"{field} is required.", field),
        _ when text.Length > longest || !JsonText.IsStorable(text) => Refusal.Invalid($"{field} must be text of at most {longest} characters without NUL.", field),
        _ => null,
    };

    private static Refusal? Detection(SoftwareDetection? rule)
    {
        if (rule is null)
        {
            return null;
        }

        var (needed, value) = rule.Type switch
        {
            DetectionType.File or DetectionType.Registry => ("path", rule.Path),
            DetectionType.Package => ("name", rule.Name),
            DetectionType.Script => ("script", rule.Script),
            _ => ("type", null),
        };
        return string.IsNullOrWhiteSpace(value)
            ? Refusal.Invalid($"detection.{needed} is required for this type: file and registry take path, package name, script script.", $"detection.{needed}")
            : Text(rule.Path, "detection.path", LongestText, required: false)
              ?? Text(rule.Name, "detection.name", LongestText, required: false)
              ?? Text(rule.Version, "detection.version", LongestText, required: false)
              ?? Text(rule.Value, "detection.value", LongestText, required: false)
              ?? Text(rule.Script, "detection.script", LongestText, required: false);
    }
}
