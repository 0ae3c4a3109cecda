using Breeze.Agent.Enrollment;
using Breeze.Agent.Hosting;

namespace Breeze.Agent.Tests.Hosting;

public sealed class AgentFilesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Signer _signer = new();

    public void Dispose()
    {
        _folder.Dispose();
        _signer.Dispose();
    }

    [Fact]
    public void The_credential_is_for_its_owner_alone()
    {
        var folder = new DataFolder(_folder.File("data"));
        var identity = new Identity(new Uri("http://127.0.0.1:5080/"), _signer.DeviceId, Guid.NewGuid(), Guid.NewGuid(), "brd_x", [_signer.Public]);
        folder.WriteIdentity(identity);
        folder.WriteIdentity(identity);
        Assert.Equivalent(identity, folder.ReadIdentity(), strict: true);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder.Identity));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder.Root));
        }
    }

    [Fact]
    public void A_folder_that_was_there_already_is_for_its_owner_alone_from_then_on()
    {
        if (!OperatingSystem.IsWindows())
        {
            var path = _folder.File("open");
            Directory.CreateDirectory(path);
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute);
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(new DataFolder(path).Root));
        }
    }

    [Fact]
    public void Two_agents_cannot_share_a_folder()
    {
        var folder = new DataFolder(_folder.Path);
        using (folder.Lock())
        {
            Assert.Throws<AgentStartException>(folder.Lock);
        }

        folder.Lock().Dispose();
    }

    [Theory]
    [InlineData("{\"server\":\"https://moved.example.com\",\"logLevel\":\"Debug\"}", null)]
    [InlineData("{\"sever\":\"https://x\"}", "sever")]
    [InlineData("{\"logLevel\":\"Loud\"}", "Loud")]
    [InlineData("{\"server\":\"ftp://x\"}", "ftp://x")]
    [InlineData("{ not json", "agent.json")]
    public void Settings_are_read_or_refused_by_name(string json, string? named)
    {
        var folder = new DataFolder(_folder.Path);
        File.WriteAllText(folder.Settings, json);
        if (named is null)
        {
            Assert.Equal(new Uri("https://moved.example.com"), AgentSettings.Read(folder, new Dictionary<string, string?>()).Server);
        }
        else
        {
            Assert.Contains(
                named, Assert.Throws<AgentStartException>(() => AgentSettings.Read(folder, new Dictionary<string, string?>())).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void An_argument_wins_over_the_file()
    {
        var folder = new DataFolder(_folder.Path);
        File.WriteAllText(folder.Settings, "{\"server\":\"https://file\"}");
        Assert.Equal(new Uri("https://argument"), AgentSettings.Read(folder, new Dictionary<string, string?> { ["server"] = "https://argument" }).Server);
    }

    [Theory]
    [InlineData("run --nonsense")]
    [InlineData("enroll --server http://x")]
    [InlineData("dance")]
    public async Task Unknown_or_missing_arguments_are_refused(string line) => Assert.Equal(1, await AgentCommands.Invoke(line.Split(' ')));

    [Fact]
    public async Task Run_without_an_enrolment_is_refused() =>
        Assert.Equal(1, await AgentCommands.Invoke(["run", "--data", _folder.File("empty")]));

    [Fact]
    public void The_unit_in_deploy_is_the_one_that_install_writes()
    {
        var root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "Breeze.sln")))
        {
            root = Path.GetDirectoryName(root)!;
        }

        Assert.Equal(
            SystemdUnit.Text("/opt/breeze-agent/Breeze.Agent", "/var/lib/breeze-agent"),
            File.ReadAllText(Path.Combine(root, "deploy", "breeze-agent.service")));
    }

    [Fact]
    public void A_path_cannot_smuggle_anything_into_the_unit()
    {
        Assert.Contains("ExecStart=\"/opt/a \\\"b\\\" %%h $$HOME/x\" run", SystemdUnit.Text("/opt/a \"b\" %h $HOME/x", "/d"), StringComparison.Ordinal);
        Assert.Throws<AgentStartException>(() => SystemdUnit.Text("/opt/a\nExecStart=/bin/evil", "/d"));
    }
}
