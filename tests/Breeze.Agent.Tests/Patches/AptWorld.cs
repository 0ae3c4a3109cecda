using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Breeze.Agent.Tools;

namespace Breeze.Agent.Tests.Patches;

/// <summary>A test that needs dpkg and apt; skipped with that reason where they are not.</summary>
public sealed class AptFactAttribute : FactAttribute
{
    public AptFactAttribute() => Skip = AptWorld.IsHere ? null : "This machine has no apt and dpkg.";
}

/// <summary>A package root and repositories of their own: real installs, real failures, real downgrades, and nothing of them on this machine.</summary>
public sealed class AptWorld : IDisposable
{
    public static readonly bool IsHere = File.Exists("/usr/bin/apt-get") && File.Exists("/usr/bin/dpkg-deb");

    private readonly TemporaryFolder _folder = new();

    public AptWorld()
    {
        foreach (var folder in new[]
        {
            "var/lib/dpkg/info", "var/lib/dpkg/updates", "var/lib/dpkg/triggers", "var/lib/apt/lists/partial", "var/cache/apt/archives/partial",
            "etc/apt/apt.conf.d", "etc/apt/preferences.d", "etc/apt/trusted.gpg.d", "var/log/apt",
        })
        {
            Directory.CreateDirectory(Path.Combine(Root, folder));
        }

        Directory.CreateDirectory(Agent);
        File.WriteAllText(Path.Combine(Root, "var/lib/dpkg/status"), "");
        File.WriteAllText(Path.Combine(Root, "etc/apt/sources.list"), "");
        File.WriteAllText(Configuration, $$"""
            Dir "{{Root}}/";
            Dir::State::status "{{Root}}/var/lib/dpkg/status";
            Dpkg::Options { "--root={{Root}}"; "--force-not-root"; "--force-script-chrootless"; "--force-bad-path"; };
            APT::Sandbox::User "root";
            Acquire::Languages "none";
            """);
        // dpkg itself does not read apt's configuration.
        File.WriteAllText(_folder.File("dpkg"), $"#!/bin/sh\nexec /usr/bin/dpkg --root={Root} --force-not-root --force-script-chrootless --force-bad-path \"$@\"\n");
        using (var mode = Process.Start("chmod", ["755", _folder.File("dpkg")]))
        {
            mode.WaitForExit();
        }

        Tools = new DeviceTools(new Dictionary<string, string> { ["shutdown"] = "/nonexistent", ["dpkg"] = _folder.File("dpkg") }, new Dictionary<string, string>
        {
            ["APT_CONFIG"] = Configuration,
            ["DPKG_ADMINDIR"] = Path.Combine(Root, "var/lib/dpkg"),
        });
    }

    /// <summary>The package root.</summary>
    public string Root => _folder.File("root");

    /// <summary>apt and dpkg, turned to that root.</summary>
    public DeviceTools Tools { get; }

    /// <summary>The agent's files.</summary>
    public string Agent => _folder.File("agent");

    private string Configuration => _folder.File("apt.conf");

    public void Dispose() => _folder.Dispose();

    /// <summary>Builds a package and puts it into a repository; <see cref="Publish"/> makes apt see it.</summary>
    public void Package(string repository, string name, string version, string depends = "", string postinst = "", int padding = 0)
    {
        var content = _folder.File($"build/{name}_{version}");
        Directory.CreateDirectory(Path.Combine(content, "DEBIAN"));
        Directory.CreateDirectory(Path.Combine(content, "usr/share", name));
        File.WriteAllText(Path.Combine(content, "usr/share", name, "version"), version + "\n");
        File.WriteAllBytes(Path.Combine(content, "usr/share", name, "padding"), RandomNumberGenerator.GetBytes(padding));
        File.WriteAllText(Path.Combine(content, "DEBIAN/control"), $"""
            Package: {name}
            Version: {version}
            Architecture: all
            Maintainer: Test <test@example.com>
            {(depends.Length > 0 ? $"Depends: {depends}\n" : "")}Description: Sample {name}
             It does nothing,
             .
             and that well.

            """);
        if (postinst.Length > 0)
        {
            var script = Path.Combine(content, "DEBIAN/postinst");
            File.WriteAllText(script, "#!/bin/sh\n" + postinst + "\n");
            Run("chmod", "755", script);
        }

        Directory.CreateDirectory(Repository(repository));
        Run("dpkg-deb", "--build", "--root-owner-group", content, Path.Combine(Repository(repository), $"{name}_{version}_all.deb"));
    }

    /// <summary>Writes the repositories' indexes anew and names them all as sources.</summary>
    public void Publish(params string[] repositories)
    {
        foreach (var repository in repositories)
        {
            Index(repository);
        }

        File.WriteAllLines(Path.Combine(Root, "etc/apt/sources.list"), repositories.Select(repository => $"deb [trusted=yes] file:{Repository(repository)} ./"));
    }

    /// <summary>A repository that cannot be read, like a server that is away.</summary>
    public void AddUnreachable() =>
        File.AppendAllText(Path.Combine(Root, "etc/apt/sources.list"), $"deb [trusted=yes] file:{Repository("away")} ./\n");

    public void Install(params string[] packages) => Run("apt-get", ["-y", "-q", "install", .. packages]);

    public void Refresh() => Run("apt-get", "-q", "update");

    /// <summary>What is really installed, as <c>name version state</c>.</summary>
    public IReadOnlyList<string> Installed() =>
        Run("dpkg-query", "--show", "--showformat", "${Package} ${Version} ${db:Status-Abbrev}\\n").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Trim()).Order().ToList();

    public string VersionOnDisk(string name) => File.ReadAllText(Path.Combine(Root, "usr/share", name, "version")).Trim();

    public string Deb(string repository, string name, string version) => Path.Combine(Repository(repository), $"{name}_{version}_all.deb");

    private string Repository(string name) => _folder.File("repositories/" + name);

    private void Index(string repository)
    {
        var folder = Repository(repository);
        Directory.CreateDirectory(folder);
        var packages = string.Join('\n', Directory.GetFiles(folder, "*.deb").Order().Select(deb =>
            Run("dpkg-deb", "--field", deb).TrimEnd() + string.Create(CultureInfo.InvariantCulture, $"\nFilename: ./{Path.GetFileName(deb)}\nSize: {new FileInfo(deb).Length}\nSHA256: {Hash(File.ReadAllBytes(deb))}\n")));
        File.WriteAllText(Path.Combine(folder, "Packages"), packages);
        var bytes = File.ReadAllBytes(Path.Combine(folder, "Packages"));
        File.WriteAllText(Path.Combine(folder, "Release"), $"""
            Origin: {repository}
            Label: {repository}
            Suite: stable
            Date: {DateTimeOffset.UnixEpoch.AddYears(54):R}
            SHA256:
             {Hash(bytes)} {bytes.Length} Packages

            """.Replace("GMT", "UTC", StringComparison.Ordinal));
    }

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private string Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in Tools.Environment)
        {
            start.Environment[name] = value;
        }

        start.Environment["LC_ALL"] = "C";
        start.Environment["DEBIAN_FRONTEND"] = "noninteractive";
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {output}{error.GetAwaiter().GetResult()}");
    }
}
