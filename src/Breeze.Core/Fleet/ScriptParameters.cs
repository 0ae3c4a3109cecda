using System.Text.Json;
using System.Text.RegularExpressions;

namespace Breeze.Core.Fleet;

/// <summary>A parameter of a script; its value reaches the script as an environment variable of the same name.</summary>
/// <param name="Name">Usable as an environment name: a letter or '_', then letters, digits or '_', at most 64.</param>
/// <param name="Default">The value where none is given; null: the variable is then not set.</param>
/// <param name="Required">Whether a run must give a value (a default does not count as one).</param>
public sealed record ScriptParameter(string Name, string? Default = null, bool Required = false);

/// <summary>Which parameters a script may declare, and which values a run may give.</summary>
public static partial class ScriptParameters
{
    public const int MaxCount = 50;
    public const int MaxValueLength = 8_000;

    // What decides which program runs or what it loads: a parameter of that name would let whoever runs a script change the script.
    private static readonly HashSet<string> Reserved = new(StringComparer.OrdinalIgnoreCase)
    {
        "PATH", "HOME", "SHELL", "USER", "IFS", "ENV", "BASH_ENV", "BASHOPTS", "SHELLOPTS", "PS4", "PROMPT_COMMAND", "CDPATH", "GLOBIGNORE",
        "PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONINSPECT", "PSMODULEPATH", "COMSPEC", "PATHEXT", "SYSTEMROOT", "WINDIR", "TEMP", "TMP",
        "TMPDIR",
    };

    /// <summary>Checks the declarations of a script.</summary>
    /// <param name="parameters">The declarations, in order.</param>
    /// <param name="path">What they are called in the body.</param>
    public static Refusal? Check(IReadOnlyList<ScriptParameter> parameters, string path)
    {
        if (parameters.Count > MaxCount)
        {
            return Refusal.Invalid($"{path} has {parameters.Count} entries; at most {MaxCount} are allowed.", path);
        }

        // Windows has one variable for "Name" and "NAME".
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < parameters.Count; i++)
        {
            var at = $"{path}[{i}]";
            if (parameters[i] is not { Name: { } name } parameter || !NamePattern().IsMatch(name))
            {
                return Refusal.Invalid($"{at}.name must be a letter or '_', then letters, digits or '_', at most 64.", $"{at}.name");
            }

            if (IsReserved(name))
            {
                return Refusal.Invalid($"{at}.name \"{name}\" means something to the system that runs scripts; choose another.", $"{at}.name");
            }

            if (!seen.Add(name))
            {
                return Refusal.Invalid($"{at}.name \"{name}\" is declared twice.", $"{at}.name");
            }

            if (parameter.Default is { } value && !IsValue(value))
            {
                return Refusal.Invalid($"{at}.default must be text of at most {MaxValueLength} characters.", $"{at}.default");
            }
        }

        return null;
    }

    /// <summary>The values a run gives to a script: those given, and the defaults of the rest.</summary>
    /// <param name="declared">The script's parameters.</param>
    /// <param name="given">An object of text, numbers or booleans; null or undefined for none.</param>
    /// <param name="path">What it is called in the body, for example <c>payload.parameters</c>.</param>
    /// <returns>Values by name. Refused: an unknown name, a missing required one, a value that is no text, number or boolean.</returns>
    public static Answer<IReadOnlyDictionary<string, string>> Resolve(
        IReadOnlyList<ScriptParameter> declared, JsonElement? given, string path)
    {
        var values = declared.Where(p => p is { Default: not null, Required: false }).ToDictionary(p => p.Name, p => p.Default!, StringComparer.Ordinal);
        if (given is { ValueKind: not (JsonValueKind.Null or JsonValueKind.Undefined) } members)
        {
            if (members.ValueKind != JsonValueKind.Object)
            {
                return Refusal.Invalid($"{path} must be an object of names and values.", path);
            }

            foreach (var member in members.EnumerateObject())
            {
                var at = $"{path}.{Shown.Text(member.Name)}";
                if (!declared.Any(p => p.Name == member.Name))
                {
                    return Refusal.Invalid($"{at} is no parameter of the script.", at);
                }

                if (ValueOf(member.Value) is not { } value)
                {
                    return Refusal.Invalid($"{at} must be a number, true, false or text of at most {MaxValueLength} characters.", at);
                }

                values[member.Name] = value;
            }
        }

        var missing = declared.FirstOrDefault(p => p.Required && !values.ContainsKey(p.Name));
        return missing is null ? values : Refusal.Invalid($"{path}.{missing.Name} is required by the script.", $"{path}.{missing.Name}");
    }

    private static string? ValueOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True or JsonValueKind.False or JsonValueKind.Number => value.GetRawText(),
        JsonValueKind.String when JsonText.TryRead(value, out var text) && IsValue(text) => text,
        _ => null,
    };

    private static bool IsValue(string value) => value.Length <= MaxValueLength && JsonText.IsStorable(value);

    private static bool IsReserved(string name) =>
        Reserved.Contains(name)
        || name.StartsWith("LD_", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("DYLD_", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("BASH_FUNC_", StringComparison.OrdinalIgnoreCase);

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_]{0,63}\z", RegexOptions.NonBacktracking)]
    private static partial Regex NamePattern();
}
