using Breeze.Contracts.Deployments;
using Breeze.Core.Deployments;

namespace Breeze.Core.Tests.Deployments;

/// <summary>Which failures are counted together.</summary>
public sealed class FailureTextTests
{
    [Theory]
    [InlineData("Disk is full", "disk is full")]
    [InlineData("Process 4711 exited after 12.5 s", "process # exited after #.# s")]
    [InlineData("Job 5F0C3A1E-7B1D-4C7A-9F5E-0123456789AB failed", "job # failed")]
    [InlineData("Error 0x80070005: denied", "error #: denied")]
    [InlineData("  a \t b  ", "a b")]
    [InlineData("/tmp/run-17/x.log missing", "/tmp/run-#/x.log missing")]
    public void What_differs_by_device_is_blanked(string line, string normalised) => Assert.Equal(normalised, FailureText.Normalise(line));

    [Theory]
    [InlineData("disk 1 is full", "disk 22 is full")]
    [InlineData("Cannot open PID 99", "cannot  open pid 1")]
    [InlineData("first device said this\nNo space left", "another said that\r\nNo space left\n\n")]
    public void Failures_that_say_the_same_share_a_key(string one, string other) =>
        Assert.Equal(FailureText.Key(FailureKind.ExitCode, 1, one, null), FailureText.Key(FailureKind.ExitCode, 1, other, null));

    [Fact]
    public void Kind_code_and_text_each_make_another_key()
    {
        string[] keys =
        [
            FailureText.Key(FailureKind.ExitCode, 1, "no space", null),
            FailureText.Key(FailureKind.ExitCode, 2, "no space", null),
            FailureText.Key(FailureKind.ExitCode, 1, "no rights", null),
            FailureText.Key(FailureKind.AgentError, 1, "no space", null),
            FailureText.Key(FailureKind.AgentError, null, null, null),
        ];

        Assert.Equal(keys.Length, keys.Distinct().Count());
        Assert.All(keys, key => Assert.InRange(key.Length, 1, 40));
    }

    [Theory]
    [InlineData(FailureKind.ExitCode, "The script ended with exit code 1.", "starting\nno space\n", "starting\nno space\n")]
    [InlineData(FailureKind.ExitCode, "The script ended with exit code 1.", " \n ", "The script ended with exit code 1.")]
    [InlineData(FailureKind.ExitCode, "The script ended with exit code 1.", null, "The script ended with exit code 1.")]
    [InlineData(FailureKind.Rejected, "The signature is wrong.", "half of it", "The signature is wrong.")]
    [InlineData(FailureKind.Timeout, "", "half of it", "half of it")]
    [InlineData(FailureKind.AgentError, null, null, "")]
    public void A_script_speaks_by_its_output_and_everything_else_by_its_error(FailureKind kind, string? error, string? output, string said) =>
        Assert.Equal(said, FailureText.Said(kind, error, output));

    [Fact]
    public void Scripts_that_fail_with_one_code_for_two_reasons_are_two_groups()
    {
        const string Error = "The script ended with exit code 1.";

        Assert.NotEqual(FailureText.Key(FailureKind.ExitCode, 1, Error, "no space"), FailureText.Key(FailureKind.ExitCode, 1, Error, "no rights"));
        Assert.Equal(FailureText.Key(FailureKind.ExitCode, 1, Error, "a\nno space"), FailureText.Key(FailureKind.ExitCode, 1, Error, "b\nno space\n"));
    }

    [Fact]
    public void Hostile_text_is_bounded_and_never_throws()
    {
        var flood = new string('9', 1_000_000) + "\n" + new string('z', 1_000_000);

        Assert.Equal(FailureText.Key(FailureKind.ExitCode, 1, new string('z', 200), null), FailureText.Key(FailureKind.ExitCode, 1, flood, null));
        Assert.NotEmpty(FailureText.Key(FailureKind.ExitCode, 1, "\ud800\u0000\u202e", null));
    }
}
