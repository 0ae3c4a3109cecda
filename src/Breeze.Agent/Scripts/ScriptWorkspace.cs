using System.Text;

namespace Breeze.Agent.Scripts;

/// <summary>A private folder with one script in it, gone when the script is done.</summary>
public sealed class ScriptWorkspace : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private ScriptWorkspace(string folder, string scriptPath)
    {
        Folder = folder;
        ScriptPath = scriptPath;
    }

    public string Folder { get; }

    public string ScriptPath { get; }

    /// <summary>Writes the script where only the agent's user can read it (mode 0700; on Windows the data folder's access list).</summary>
    public static ScriptWorkspace Create(string root, Guid commandId, Interpreter interpreter, string content)
    {
        var folder = Path.Combine(root, commandId.ToString("N"));
        var workspace = new ScriptWorkspace(folder, Path.Combine(folder, "script" + interpreter.Extension));
        try
        {
            workspace.Write(content, interpreter.ByteOrderMark);
            return workspace;
        }
        catch
        {
            workspace.Dispose();
            throw;
        }
    }

    /// <summary>Deletes what scripts of an earlier run left behind.</summary>
    public static void DeleteAll(string root)
    {
        if (Directory.Exists(root))
        {
            Directory.Delete(root, recursive: true);
        }
    }

    public void Dispose()
    {
        try
        {
            if (Directory.Exists(Folder))
            {
                Directory.Delete(Folder, recursive: true);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A process that the script left behind holds a file (Windows): the next start deletes it.
        }
    }

    private void Write(string content, bool byteOrderMark)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(Folder);
        }
        else
        {
            Directory.CreateDirectory(Folder, OwnerOnly);
            options.UnixCreateMode = OwnerOnly;
        }

        using var writer = new StreamWriter(ScriptPath, new UTF8Encoding(byteOrderMark), options);
        writer.Write(content);
    }
}
