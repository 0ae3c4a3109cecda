using System.Diagnostics;
using Breeze.Agent.Scripts;
using Breeze.Contracts.Agents;

namespace Breeze.Agent.Tests.Scripts;

public sealed class ScriptRunnerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(ScriptLanguage.Bash, "[[ 1 -lt 2 ]] && echo \"hello from ${BASH_VERSION:0:1}\"", "hello from ")]
    [InlineData(ScriptLanguage.Sh, "echo hello", "hello")]
    [InlineData(ScriptLanguage.Python, "import sys\nprint('hello', sys.version_info.major)", "hello 3")]
    public async Task A_script_really_runs_in_its_language(ScriptLanguage language, string content, string printed)
    {
        var outcome = await Run(content, language);
        Assert.Equal((ScriptEnd.Exited, 0, null), (outcome.End, outcome.ExitCode, outcome.Error));
        Assert.StartsWith(printed, outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_exit_code_is_reported_with_both_streams_in_their_order()
    {
        var outcome = await Run("echo one; echo two >&2; echo three; exit 7");
        Assert.Equal((ScriptEnd.Exited, 7, "one\ntwo\nthree\n"), (outcome.End, outcome.ExitCode, outcome.Output));
        Assert.Contains("exit code 7", outcome.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("$(touch PWNED)")]
    [InlineData("`touch PWNED`; touch PWNED")]
    [InlineData("'; touch PWNED; echo '")]
    [InlineData("\" && touch PWNED && \"")]
    [InlineData("line one\nline two\n\ttab \\n \\0 %s $HOME *")]
    [InlineData("")]
    [InlineData("-rf --help")]
    [InlineData("ünïcödé 🚀")]
    public async Task A_hostile_parameter_arrives_as_text_and_nothing_else(string value)
    {
        var file = _folder.File("value");
        var outcome = await Run(
            "printf '%s' \"$NAME\" > \"$TARGET\"; ls", parameters: new() { ["NAME"] = value, ["TARGET"] = file });
        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal(value, await File.ReadAllTextAsync(file));
        Assert.DoesNotContain("PWNED", outcome.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("A B")]
    [InlineData("A=B")]
    [InlineData("")]
    [InlineData("1ST")]
    [InlineData("X\nY")]
    [InlineData("BREEZE_COMMAND_ID")]
    public async Task A_parameter_that_cannot_be_a_variable_is_refused_before_anything_runs(string name)
    {
        var outcome = await Run("echo ran", parameters: new() { [name] = "x" });
        Assert.Equal(ScriptEnd.NotStarted, outcome.End);
        Assert.Contains("parameter name", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_agents_own_settings_are_hidden_from_scripts()
    {
        // Hidden by the product's prefix; the agent's own longer one would be a setting to the tests that run beside this one.
        Environment.SetEnvironmentVariable("BREEZE_TEST_SECRET", "hidden");
        var outcome = await Run("env");
        Assert.DoesNotContain("hidden", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_timeout_kills_the_tree_and_what_was_cut_loose_from_it()
    {
        var pids = _folder.File("pids");
        // A child, a grandchild whose parent ended, and one in a session of its own.
        var outcome = await Run(
            $"echo before\nsleep 300 & echo $! >> {pids}\n(sleep 301 & echo $! >> {pids})\nsetsid sleep 302 & echo $! >> {pids}\necho $$ >> {pids}\nwait",
            timeout: TimeSpan.FromSeconds(1.5));
        Assert.Equal((ScriptEnd.TimedOut, null, "before\n"), (outcome.End, outcome.ExitCode, outcome.Output));
        Assert.Contains("timeout of 1.5 s", outcome.Error, StringComparison.Ordinal);
        foreach (var pid in await File.ReadAllLinesAsync(pids))
        {
            Assert.False(Directory.Exists($"/proc/{pid}") && !await IsZombie(pid), $"process {pid} still runs");
        }
    }

    [Fact]
    public async Task A_cancelled_script_is_killed_and_says_so()
    {
        using var cancel = new CancellationTokenSource();
        var started = _folder.File("started");
        var running = Run($"touch {started}; sleep 300", cancelled: cancel.Token);
        await Until(() => File.Exists(started), "the script to start");
        await cancel.CancelAsync();
        Assert.Equal(ScriptEnd.Cancelled, (await running).End);
    }

    [Fact]
    public async Task A_process_left_running_does_not_hold_up_the_result()
    {
        var clock = Stopwatch.StartNew();
        var outcome = await Run("sleep 20 & echo done");
        Assert.Equal((0, "done\n"), (outcome.ExitCode, outcome.Output));
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(15));
    }

    [Fact]
    public async Task Huge_output_keeps_its_beginning_and_its_end_within_the_limit()
    {
        var outcome = await Run("echo first; head -c 3000000 /dev/zero | tr '\\0' x; echo; echo last");
        Assert.StartsWith("first\n", outcome.Output, StringComparison.Ordinal);
        Assert.EndsWith("last\n", outcome.Output, StringComparison.Ordinal);
        Assert.Matches(@"\[\.\.\. \d+ bytes cut \.\.\.\]", outcome.Output);
        Assert.InRange(System.Text.Encoding.UTF8.GetByteCount(outcome.Output), 60_000, CapturedOutput.Limit);
    }

    [Fact]
    public async Task Binary_output_becomes_valid_text()
    {
        var outcome = await Run("head -c 200000 /dev/urandom; printf '\\0\\033'");
        Assert.InRange(System.Text.Encoding.UTF8.GetByteCount(outcome.Output), 1, CapturedOutput.Limit);
        Assert.DoesNotContain(outcome.Output, c => char.IsControl(c) && c is not ('\n' or '\r' or '\t'));
    }

    [Fact]
    public async Task A_script_that_reads_gets_the_end_of_the_file() => Assert.Equal(0, (await Run("cat; exit 0")).ExitCode);

    [Fact]
    public async Task The_script_file_is_private_and_gone_afterwards()
    {
        var outcome = await Run("stat -c %a \"$0\" \"$(dirname \"$0\")\"; pwd");
        Assert.StartsWith("700\n700\n", outcome.Output, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.File("run")));
    }

    [Fact]
    public async Task A_folder_that_cannot_be_made_is_a_clear_refusal()
    {
        await File.WriteAllTextAsync(_folder.File("run"), "in the way");
        var outcome = await Run("echo ran");
        Assert.Equal(ScriptEnd.NotStarted, outcome.End);
        Assert.Contains("could not be started", outcome.Error, StringComparison.Ordinal);
    }

    private Task<ScriptOutcome> Run(
        string content, ScriptLanguage language = ScriptLanguage.Bash, Dictionary<string, string>? parameters = null,
        TimeSpan? timeout = null, CancellationToken cancelled = default) =>
        new ScriptRunner(_folder.File("run"), TimeProvider.System).Run(
            new ScriptRequest(Guid.CreateVersion7(), language, content, parameters ?? [], timeout ?? TimeSpan.FromSeconds(60)), cancelled);

    private static async Task<bool> IsZombie(string pid)
    {
        try
        {
            return (await File.ReadAllTextAsync($"/proc/{pid}/stat")).Contains(") Z ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return true;
        }
    }

    private static async Task Until(Func<bool> condition, string what)
    {
        for (var clock = Stopwatch.StartNew(); !condition(); await Task.Delay(20))
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30), $"waited 30 s for {what}");
        }
    }
}
