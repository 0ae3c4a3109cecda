using System.Runtime.Versioning;
using System.Security.AccessControl;
using System.Security.Principal;
using System.Text.Json;
using Breeze.Agent.Enrollment;

namespace Breeze.Agent.Hosting;

/// <summary>A start that cannot be; the message is for whoever started it.</summary>
public sealed class AgentStartException(string message) : Exception(message);

/// <summary>The agent's files: all of them in one folder that only its owner can enter.</summary>
public sealed class DataFolder
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <exception cref="AgentStartException">The folder cannot be made.</exception>
    public DataFolder(string path)
    {
        Root = Path.GetFullPath(path);
        try
        {
            if (OperatingSystem.IsWindows())
            {
                CreatePrivate(Root);
            }
            else
            {
                Directory.CreateDirectory(Root, OwnerOnly);
                // It may have been there, open to others: what runs as this user, scripts and installers, is put below it.
                File.SetUnixFileMode(Root, OwnerOnly);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new AgentStartException($"The data folder {Root} cannot be made: {e.Message}");
        }
    }

    public string Root { get; }

    public string Identity => Path.Combine(Root, "identity.json");

    public string Settings => Path.Combine(Root, "agent.json");

    public string Journal => Path.Combine(Root, "journal.log");

    /// <summary>Where scripts run; emptied at each start.</summary>
    public string Scripts => Path.Combine(Root, "run");

    /// <summary>Where installers are downloaded to; emptied at each start.</summary>
    public string Downloads => Path.Combine(Root, "downloads");

    /// <summary>Packages that were replaced, for a rollback.</summary>
    public string Packages => Path.Combine(Root, "packages");

    /// <summary>Which patches were seen here, and what each of them replaced.</summary>
    public string Patches => Path.Combine(Root, "patches.json");

    /// <summary>The policy that was applied to this device.</summary>
    public string Policy => Path.Combine(Root, "policy.json");

    /// <summary>Where the agent keeps its files unless told otherwise.</summary>
    public static string Default =>
        OperatingSystem.IsWindows() ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.CommonApplicationData), "Breeze", "Agent")
        : OperatingSystem.IsMacOS() ? "/Library/Application Support/Breeze/Agent"
        : "/var/lib/breeze-agent";

    /// <summary>Holds the folder for one agent; released when the process ends, however it ends.</summary>
    /// <exception cref="AgentStartException">Another agent has it.</exception>
    public FileStream Lock()
    {
        try
        {
            return new FileStream(Path.Combine(Root, "agent.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new AgentStartException($"Another agent runs with the data folder {Root}, or it cannot be written: {e.Message}");
        }
    }

    /// <exception cref="AgentStartException">There is none, or it cannot be read.</exception>
    public Identity ReadIdentity()
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(Identity), IdentityJson.Default.Identity)
                ?? throw new AgentStartException($"{Identity} is empty.");
        }
        catch (FileNotFoundException)
        {
            throw new AgentStartException($"This device is not enrolled: {Identity} does not exist. Run 'enroll' first.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new AgentStartException($"{Identity} cannot be read: {e.Message}");
        }
    }

    /// <summary>Replaces the identity in one step, mode 0600 from its first byte on.</summary>
    public void WriteIdentity(Identity identity) => PrivateFile.Write(Identity, identity, IdentityJson.Default.Identity);

    // ProgramData lets every user read what is below it; the credential and the scripts are for the service and administrators alone.
    [SupportedOSPlatform("windows")]
    private static void CreatePrivate(string path)
    {
        var security = new DirectorySecurity();
        security.SetAccessRuleProtection(isProtected: true, preserveInheritance: false);
        using var user = WindowsIdentity.GetCurrent();
        foreach (var who in new IdentityReference?[]
        {
            new SecurityIdentifier(WellKnownSidType.LocalSystemSid, null),
            new SecurityIdentifier(WellKnownSidType.BuiltinAdministratorsSid, null),
            user.User,
        })
        {
            if (who is not null)
            {
                security.AddAccessRule(new FileSystemAccessRule(
                    who, FileSystemRights.FullControl, InheritanceFlags.ContainerInherit | InheritanceFlags.ObjectInherit,
                    PropagationFlags.None, AccessControlType.Allow));
            }
        }

        var folder = new DirectoryInfo(path);
        folder.Create(security);
        // Making it does nothing to one that is there.
        folder.SetAccessControl(security);
    }
}
