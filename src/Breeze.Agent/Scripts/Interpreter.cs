using Breeze.Contracts.Agents;

namespace Breeze.Agent.Scripts;

/// <summary>What runs a script of one language on one platform.</summary>
/// <param name="Programs">Names to look for on the search path, the first found wins.</param>
/// <param name="Arguments">What stands before the script's path.</param>
/// <param name="Extension">The script file's extension, with its dot; PowerShell insists on its own.</param>
/// <param name="ByteOrderMark">Windows PowerShell reads a file without one in the machine's old code page.</param>
public sealed record Interpreter(
    IReadOnlyList<string> Programs,
    IReadOnlyList<string> Arguments,
    string Extension,
    bool ByteOrderMark = false)
{
    private static readonly string[] PowerShellArguments =
        ["-NoLogo", "-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Bypass", "-File"];

    /// <summary>The interpreter of a script language; null for a language that agents do not run.</summary>
    public static Interpreter? For(ScriptLanguage language, DevicePlatform platform) => (language, platform) switch
    {
        (ScriptLanguage.Bash, _) => new(["bash"], [], ".sh"),
        (ScriptLanguage.Sh, _) => new(["sh"], [], ".sh"),
        // -u: what a script printed before its timeout killed it must have reached us.
        (ScriptLanguage.Python, DevicePlatform.Windows) => new(["python", "py"], ["-u"], ".py"),
        (ScriptLanguage.Python, _) => new(["python3", "python"], ["-u"], ".py"),
        (ScriptLanguage.Powershell, DevicePlatform.Windows) => new(["pwsh", "powershell"], PowerShellArguments, ".ps1", ByteOrderMark: true),
        // Execution policies exist on Windows only; pwsh elsewhere refuses to change them.
        (ScriptLanguage.Powershell, _) => new(["pwsh"], ["-NoLogo", "-NoProfile", "-NonInteractive", "-File"], ".ps1"),
        _ => null,
    };

    /// <summary>The full path of the first program that exists; null when none does.</summary>
    public string? Locate(DevicePlatform platform, string? searchPath)
    {
        var windows = platform == DevicePlatform.Windows;
        var folders = (searchPath ?? "").Split(windows ? ';' : ':', StringSplitOptions.RemoveEmptyEntries);
        return Programs
            .SelectMany(program => folders.Select(folder => Path.Combine(folder, windows ? program + ".exe" : program)))
            .FirstOrDefault(File.Exists);
    }

    /// <summary>The program to start and its arguments, each its own: nothing is ever joined into a line for a shell to read.</summary>
    /// <remarks>
    /// Elsewhere than on Windows a constant one-line shell joins standard error to standard output before it becomes the
    /// interpreter, so that the lines of both keep their order.
    /// </remarks>
    public (string Program, IReadOnlyList<string> Arguments) CommandLine(DevicePlatform platform, string located, string scriptPath) =>
        platform == DevicePlatform.Windows
            ? (located, [.. Arguments, scriptPath])
            : ("/bin/sh", ["-c", "exec \"$@\" 2>&1", "sh", located, .. Arguments, scriptPath]);
}
