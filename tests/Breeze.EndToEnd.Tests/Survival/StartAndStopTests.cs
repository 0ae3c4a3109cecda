using Breeze.EndToEnd.Tests.Processes;

namespace Breeze.EndToEnd.Tests.Survival;

/// <summary>Exit codes and the one sentence of a start that cannot be.</summary>
public sealed class StartAndStopTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("breeze-start-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("--storage:engin sqlite", 2, "storage.engin is not a setting")]
    [InlineData("--urls http://0.0.0.0:5080", 2, "plain HTTP beyond this machine")]
    [InlineData("--storage:engine postgres --storage:connectionString Host=127.0.0.1;Port=1;Password=hush --storage:startupWaitSeconds 0", 3, "PostgreSQL cannot be reached")]
    public async Task A_start_that_cannot_be_ends_with_one_sentence(string arguments, int code, string sentence)
    {
        await using var silo = BuiltProgram.Start("Breeze.Silo", Path.Combine(_folder, "log"),
            ["--data", Path.Combine(_folder, "data"), .. arguments.Split(' ')]);
        Assert.Equal(code, await silo.Exit(TimeSpan.FromSeconds(60)));
        var lines = (await silo.Output()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains(sentence, Assert.Single(lines), StringComparison.Ordinal);
        Assert.DoesNotContain("hush", lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_silo_that_is_asked_to_stop_ends_with_0_and_starts_again_on_its_data()
    {
        await using var silo = await SiloProcess.Start(_folder);
        Assert.Equal(0, await silo.Stop());
        await silo.Start();
        Assert.Equal(0, await silo.Stop());
    }

    [Fact]
    public async Task A_second_silo_on_the_same_data_does_not_start()
    {
        await using var silo = await SiloProcess.Start(_folder);
        await using var second = BuiltProgram.Start("Breeze.Silo", Path.Combine(_folder, "second"), "--data", Path.Combine(_folder, "silo"), "--urls", "http://127.0.0.1:0");
        Assert.Equal(2, await second.Exit(TimeSpan.FromSeconds(60)));
        Assert.Contains("another silo is using", await second.Output(), StringComparison.Ordinal);
    }
}
