using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Breeze.Agent.Hosting;

/// <summary>What an administrator may set: in <c>agent.json</c>, over it by <c>BREEZE_AGENT_*</c>, over that by arguments.</summary>
public sealed class AgentSettings
{
    private const string EnvironmentPrefix = "BREEZE_AGENT_";

    /// <summary>The server's address, where it has moved since the enrolment; null: the address it enrolled with.</summary>
    public Uri? Server { get; init; }

    /// <summary>Programs of this device that are not where they usually are, by their usual names: <c>shutdown</c>, <c>apt-get</c>, <c>dnf</c> … to full paths.</summary>
    public Dictionary<string, string> Tools { get; init; } = [];

    /// <summary>The least level that is logged.</summary>
    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    /// <summary>The data folder; only from the environment or the arguments, since the file is in it.</summary>
    public string? Data { get; init; }

    /// <summary>The data folder's place: the argument, else <c>BREEZE_AGENT_DATA</c>, else the platform's usual place.</summary>
    public static string FolderFor(string? argument) =>
        argument ?? Environment.GetEnvironmentVariable(EnvironmentPrefix + "DATA") ?? DataFolder.Default;

    /// <exception cref="AgentStartException">The file is malformed, or a key or value is not one of these.</exception>
    public static AgentSettings Read(DataFolder folder, IReadOnlyDictionary<string, string?> arguments)
    {
        try
        {
            var settings = new ConfigurationBuilder()
                .AddJsonFile(folder.Settings, optional: true)
                .AddEnvironmentVariables(EnvironmentPrefix)
                .AddInMemoryCollection(arguments)
                .Build()
                .Get<AgentSettings>(binder => binder.ErrorOnUnknownConfiguration = true) ?? new AgentSettings();
            return settings.Server is null or { IsAbsoluteUri: true, Scheme: "http" or "https" }
                ? settings
                : throw new AgentStartException($"server must be an http or https address, not '{settings.Server}'.");
        }
        catch (Exception e) when (e is InvalidOperationException or InvalidDataException or FormatException)
        {
            throw new AgentStartException($"{folder.Settings}, or a {EnvironmentPrefix}* variable, cannot be used: {e.InnerException?.Message ?? e.Message}");
        }
    }
}
