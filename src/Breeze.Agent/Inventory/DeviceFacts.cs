using System.Reflection;
using System.Runtime.InteropServices;
using Breeze.Agent.Scripts;
using Breeze.Contracts.Agents;

namespace Breeze.Agent.Inventory;

/// <summary>What this device says about itself.</summary>
public static class DeviceFacts
{
    public static string AgentVersion { get; } =
        typeof(DeviceFacts).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0.0.0";

    public static string Architecture { get; } = RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant();

    public static OsType OsType => ThisDevice.Platform switch
    {
        DevicePlatform.Windows => OsType.Windows,
        DevicePlatform.MacOS => OsType.Macos,
        _ => OsType.Linux,
    };

    /// <summary>The name people know the system by, where it has one.</summary>
    public static string OsVersion => Bounded(
        ThisDevice.Platform == DevicePlatform.Linux ? PrettyName() ?? RuntimeInformation.OSDescription : RuntimeInformation.OSDescription);

    /// <summary>The machine's own name; a name given at enrolment is the server's business afterwards.</summary>
    public static string Hostname => Bounded(Environment.MachineName);

    /// <summary>The script languages that have an interpreter here, as <c>script:bash</c>.</summary>
    public static IReadOnlyList<string> Capabilities() =>
    [
        .. Enum.GetValues<ScriptLanguage>()
            .Where(language => Interpreter.For(language, ThisDevice.Platform)
                ?.Locate(ThisDevice.Platform, Environment.GetEnvironmentVariable("PATH")) is not null)
            .Select(language => $"script:{language.ToString().ToLowerInvariant()}"),
    ];

    /// <param name="types">The types of commands that the agent runs.</param>
    public static Hello Hello(IReadOnlyList<string> types) => new(AgentVersion, OsVersion, [.. types, .. Capabilities()]);

    public static ReportInventory Inventory() => new(null, OsVersion, Architecture, AgentVersion);

    public static EnrollRequest EnrollRequest(string key, string? hostname, IReadOnlyList<string> tags) =>
        new(key, hostname ?? Hostname, OsType, OsVersion, Architecture, AgentVersion, tags);

    private static string? PrettyName()
    {
        try
        {
            return File.ReadLines("/etc/os-release")
                .FirstOrDefault(line => line.StartsWith("PRETTY_NAME=", StringComparison.Ordinal))
                ?["PRETTY_NAME=".Length..].Trim('"');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string Bounded(string text) => text.Length <= 255 ? text : text[..255];
}
