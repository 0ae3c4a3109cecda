using Breeze.Agent.Scripts;
using Breeze.Contracts.Agents;

namespace Breeze.Agent.Tests.Scripts;

public sealed class InterpreterTests
{
    [Theory]
    [InlineData(DevicePlatform.Windows, "pwsh,powershell", "-NoLogo -NoProfile -NonInteractive -ExecutionPolicy Bypass -File", true)]
    [InlineData(DevicePlatform.Linux, "pwsh", "-NoLogo -NoProfile -NonInteractive -File", true)]
    [InlineData(DevicePlatform.MacOS, "pwsh", "-NoLogo -NoProfile -NonInteractive -File", true)]
    public void PowerShell_runs_a_file_without_profile_or_questions(DevicePlatform platform, string programs, string arguments, bool isPs1)
    {
        var interpreter = Interpreter.For(ScriptLanguage.Powershell, platform)!;
        Assert.Equal(programs.Split(','), interpreter.Programs);
        Assert.Equal(arguments.Split(' '), interpreter.Arguments);
        Assert.Equal(isPs1, interpreter.Extension == ".ps1");
    }

    [Fact]
    public void Windows_PowerShell_gets_a_byte_order_mark_and_nobody_else_does()
    {
        Assert.All(
            from language in Enum.GetValues<ScriptLanguage>() from platform in Enum.GetValues<DevicePlatform>() select (language, platform),
            pair => Assert.Equal(
                pair is (ScriptLanguage.Powershell, DevicePlatform.Windows), Interpreter.For(pair.language, pair.platform)!.ByteOrderMark));
    }

    [Fact]
    public void On_Windows_the_interpreter_is_started_itself_with_the_path_as_one_argument()
    {
        var (program, arguments) = Interpreter.For(ScriptLanguage.Powershell, DevicePlatform.Windows)!
            .CommandLine(DevicePlatform.Windows, @"C:\pwsh.exe", @"C:\Program Data\x & y\script.ps1");
        Assert.Equal(@"C:\pwsh.exe", program);
        Assert.Equal(@"C:\Program Data\x & y\script.ps1", arguments[^1]);
    }

    [Theory]
    [InlineData(DevicePlatform.Linux)]
    [InlineData(DevicePlatform.MacOS)]
    public void Elsewhere_a_constant_shell_line_joins_the_streams(DevicePlatform platform)
    {
        var (program, arguments) = Interpreter.For(ScriptLanguage.Python, platform)!.CommandLine(platform, "/usr/bin/python3", "/a b/script.py");
        Assert.Equal("/bin/sh", program);
        Assert.Equal(["-c", "exec \"$@\" 2>&1", "sh", "/usr/bin/python3", "-u", "/a b/script.py"], arguments);
    }

    [Fact]
    public void An_interpreter_that_is_not_installed_is_not_found() =>
        Assert.Null(Interpreter.For(ScriptLanguage.Powershell, DevicePlatform.Linux)!.Locate(DevicePlatform.Linux, "/nowhere:/etc"));
}
