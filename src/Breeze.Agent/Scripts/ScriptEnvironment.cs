using System.Text.RegularExpressions;

namespace Breeze.Agent.Scripts;

/// <summary>The environment that a script sees: the agent's own without its settings, and the parameters.</summary>
public static partial class ScriptEnvironment
{
    /// <summary>Prefix of the agent's own variables; none of them is handed to scripts, no parameter may use it.</summary>
    public const string OwnPrefix = "BREEZE_";

    private static readonly string[] ServiceVariables = ["NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC", "LISTEN_FDS", "LISTEN_PID"];

    /// <summary>Why these parameters cannot be set; null when they can.</summary>
    public static string? Refusal(IReadOnlyDictionary<string, string> parameters)
    {
        foreach (var (name, value) in parameters)
        {
            if (!VariableName().IsMatch(name) || name.StartsWith(OwnPrefix, StringComparison.OrdinalIgnoreCase))
            {
                return $"The parameter name '{name}' cannot be an environment variable of a script.";
            }

            if (value.Contains('\0', StringComparison.Ordinal))
            {
                return $"The value of the parameter '{name}' holds a NUL character.";
            }
        }

        return null;
    }

    /// <summary>Puts the parameters in and takes out what is none of a script's business.</summary>
    public static void Apply(IDictionary<string, string?> environment, IReadOnlyDictionary<string, string> parameters, Guid commandId)
    {
        foreach (var name in environment.Keys.Where(IsOurs).ToList())
        {
            environment.Remove(name);
        }

        foreach (var (name, value) in parameters)
        {
            environment[name] = value;
        }

        environment[ProcessTree.Marker] = commandId.ToString("D");
    }

    private static bool IsOurs(string name) =>
        name.StartsWith(OwnPrefix, StringComparison.OrdinalIgnoreCase) || ServiceVariables.Contains(name);

    [GeneratedRegex(@"\A[A-Za-z_][A-Za-z0-9_]{0,127}\z")]
    private static partial Regex VariableName();
}
