using Breeze.Cli.Session;

namespace Breeze.Cli.Tests.Session;

public sealed class LoginStoreTests : IDisposable
{
    private readonly string _directory = Path.Combine(Path.GetTempPath(), $"breeze-login-{Guid.NewGuid():N}");
    private readonly Dictionary<string, string> _environment = [];

    [Fact]
    public void A_login_comes_back_and_only_its_owner_can_read_it()
    {
        var file = Store().Write(Login.Parse("http://one.test", "brz_secret"));

        Assert.Equal("brz_secret", Store().Read().Key);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }
    }

    [Fact]
    public void The_environment_wins()
    {
        Store().Write(Login.Parse("http://one.test", "brz_stored"));
        _environment["BREEZE_SERVER"] = "http://two.test";
        _environment["BREEZE_KEY"] = "brz_given";

        Assert.Equal(Login.Parse("http://two.test", "brz_given"), Store().Read());
    }

    [Fact]
    public void A_stored_key_is_not_sent_to_another_server()
    {
        Store().Write(Login.Parse("http://one.test", "brz_stored"));
        _environment["BREEZE_SERVER"] = "http://two.test";

        Assert.Throws<UsageException>(() => Store().Read());
    }

    [Theory]
    [InlineData("ftp://x", "k")]
    [InlineData("breeze", "k")]
    [InlineData("http://x", " ")]
    [InlineData("http://x", "a\nb")]
    public void What_is_no_address_or_key_is_refused(string server, string key) =>
        Assert.Throws<UsageException>(() => Login.Parse(server, key));

    [Fact]
    public void A_damaged_file_says_to_log_in_again()
    {
        Directory.CreateDirectory(_directory);
        File.WriteAllText(Path.Combine(_directory, "login.json"), "{");

        Assert.Contains("login", Assert.Throws<UsageException>(() => Store().Read()).Message, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        if (Directory.Exists(_directory))
        {
            Directory.Delete(_directory, recursive: true);
        }
    }

    private LoginStore Store() => new(_directory, name => _environment.GetValueOrDefault(name));
}
