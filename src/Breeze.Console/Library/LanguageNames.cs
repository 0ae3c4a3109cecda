using Breeze.Contracts.Agents;

namespace Breeze.Console.Library;

/// <summary>Script languages as people write them.</summary>
public static class LanguageNames
{
    public static IReadOnlyList<(string Value, string Text)> All { get; } =
        [("bash", "Bash"), ("sh", "POSIX shell"), ("python", "Python"), ("powershell", "PowerShell")];

    public static string Of(ScriptLanguage language) => language switch
    {
        ScriptLanguage.Bash => "Bash",
        ScriptLanguage.Sh => "POSIX shell",
        ScriptLanguage.Python => "Python",
        ScriptLanguage.Powershell => "PowerShell",
        _ => language.ToString(),
    };
}
