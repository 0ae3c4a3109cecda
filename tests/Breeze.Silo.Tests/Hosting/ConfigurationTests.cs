using System.Collections;
using System.Text.RegularExpressions;
using Breeze.Silo.Hosting;
using Breeze.Silo.Storage;
using Xunit;

namespace Breeze.Silo.Tests.Hosting;

public sealed partial class ConfigurationTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("breeze-config-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void The_documentation_has_every_key_with_its_default_and_no_other()
    {
        var documented = Row().Matches(File.ReadAllText(Path.Combine(Repository(), "docs", "configuration.md")))
            .Select(m => $"{m.Groups[1].Value} = {m.Groups[2].Value.Trim('`')}");
        var settable = SettingsBinder.Keys(typeof(SiloSettings)).Select(k => $"{k.Key} = {SettingsBinder.Shown(k.Default)}");
        Assert.Equal(settable.Order(StringComparer.Ordinal), documented.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_file_at_the_root_of_the_repository_is_valid()
    {
        var settings = Load(["--config", Path.Combine(Repository(), "silo.json")]);
        Assert.Equal(new SiloSettings(), settings);
    }

    [Fact]
    public void The_environment_is_over_the_file_and_the_arguments_over_both()
    {
        var file = Write("""{ "data": "a", "urls": "http://127.0.0.1:1", "cluster": { "siloPort": 1, "idleMinutes": 5 } }""");
        var settings = Load(
            ["--config", file, "--cluster:siloPort", "3"],
            ("BREEZE__CLUSTER__SILOPORT", "2"), ("BREEZE__URLS", "http://127.0.0.1:2"));
        Assert.Equal(("a", "http://127.0.0.1:2", 3, 5), (settings.Data, settings.Urls, settings.Cluster.SiloPort, settings.Cluster.IdleMinutes));
    }

    [Fact]
    public void Storage_may_be_the_name_of_the_engine()
    {
        var settings = Load(["--config", Write("""{ "storage": "postgres" } // short""")], ("BREEZE__STORAGE__CONNECTIONSTRING", "Host=h"));
        Assert.Equal(EngineKind.Postgres, settings.Storage.Engine);
        Assert.Equal(EngineKind.Sqlite, Load(["--config", Write("""{ "storage": "postgres" }"""), "--storage:engine=sqlite"]).Storage.Engine);
    }

    [Fact]
    public void Foreign_environment_variables_do_not_matter() =>
        Assert.Equal(new SiloSettings(), Load([], ("ASPNETCORE_URLS", "http://0.0.0.0:1"), ("BREEZE_KEY", "x"), ("Logging__Level", "none")));

    [Theory]
    [InlineData("""{ "storage": { "engin": "sqlite" } }""", "storage.engin is not a setting")]
    [InlineData("""{ "storrage": 1 }""", "storrage is not a setting")]
    [InlineData("""{ "storage": { "engine": "mysql" } }""", "storage.engine must be one of sqlite, postgres, not 'mysql'")]
    [InlineData("""{ "storage": { "engine": "1" } }""", "storage.engine must be one of")]
    [InlineData("""{ "storage": { "engine": "postgres" } }""", "storage.connectionString must be set")]
    [InlineData("""{ "storage": { "maxConnections": 0 } }""", "storage.maxConnections must be from 1 to 1000, not 0")]
    [InlineData("""{ "storage": { "maxConnections": "many" } }""", "storage.maxConnections must be a whole number, not 'many'")]
    [InlineData("""{ "storage": { "allowUnsafeDurability": "yes" } }""", "storage.allowUnsafeDurability must be true or false")]
    [InlineData("""{ "cluster": 5 }""", "cluster is a section")]
    [InlineData("""{ "cluster": { "address": "over there" } }""", "cluster.address must be an IP address or a host name, not 'over there'")]
    [InlineData("""{ "cluster": { "address": "0.0.0.0" } }""", "cluster.address is where other silos reach this one")]
    [InlineData("""{ "cluster": { "listenAddress": "eth0" } }""", "cluster.listenAddress must be an IP address of this machine")]
    [InlineData("""{ "cluster": { "drainSeconds": 16 } }""", "cluster.drainSeconds must be from 0 to 15, not 16")]
    [InlineData("""{ "urls": ["http://127.0.0.1:1"] }""", "urls takes a single value")]
    [InlineData("""{ "urls": "http://0.0.0.0:80" }""", "plain HTTP beyond this machine")]
    [InlineData("""{ "urls": "http://*:80" }""", "plain HTTP beyond this machine")]
    [InlineData("""{ "urls": "https://localhost:80" }""", "http.certificate must name a certificate")]
    [InlineData("""{ "urls": "localhost:80" }""", "'localhost:80' is not one")]
    [InlineData("""{ "urls": "" }""", "urls must name at least one URL")]
    [InlineData("""{ "urls": """, "cannot be read")]
    public void A_file_that_is_wrong_stops_the_start_with_a_sentence(string json, string sentence)
    {
        var refused = Assert.Throws<StartRefusedException>(() => Load(["--config", Write(json)]));
        Assert.Contains(sentence, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
        Assert.Equal(StartRefusedException.BadConfiguration, refused.ExitCode);
    }

    [Theory]
    [InlineData("--dta /tmp", "--dta is not known")]
    [InlineData("now", "'now' is not known")]
    [InlineData("--data", "--data has no value")]
    [InlineData("--data a --data b", "--data is given twice")]
    [InlineData("--storage:engin x", "storage.engin is not a setting")]
    [InlineData("--config /not/there.json", "does not exist")]
    public void An_argument_that_is_wrong_stops_the_start_with_a_sentence(string arguments, string sentence)
    {
        var refused = Assert.Throws<StartRefusedException>(() => Load(arguments.Split(' ')));
        Assert.Contains(sentence, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_misspelt_variable_of_ours_stops_the_start() => Assert.Contains(
        "storage.ENGIN is not a setting",
        Assert.Throws<StartRefusedException>(() => Load([], ("BREEZE__STORAGE__ENGIN", "sqlite"))).Message,
        StringComparison.Ordinal);

    [Fact]
    public void The_data_directory_is_private_and_one_silos_at_a_time()
    {
        var path = Path.Combine(_directory, "data");
        using (DataDirectory.Open(path))
        {
            if (!OperatingSystem.IsWindows())
            {
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(path));
            }

            Assert.Contains("another silo is using", Assert.Throws<StartRefusedException>(() => DataDirectory.Open(path)).Message, StringComparison.Ordinal);
        }

        DataDirectory.Open(path).Dispose();
    }

    private static SiloSettings Load(string[] args, params (string Name, string Value)[] environment) =>
        SettingsSources.Load(args, new Hashtable(environment.ToDictionary(e => (object)e.Name, e => (object)e.Value)));

    private string Write(string json)
    {
        var path = Path.Combine(_directory, $"{Guid.NewGuid():N}.json");
        File.WriteAllText(path, json);
        return path;
    }

    private static string Repository()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "Breeze.sln")))
        {
            directory = Path.GetDirectoryName(directory) ?? throw new InvalidOperationException("Breeze.sln is above no test.");
        }

        return directory;
    }

    [GeneratedRegex(@"^\| `([\w.]+)` \| (`[^`]*`|none) \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
