using System.Diagnostics;
using System.Text;

namespace Breeze.Agent.Scripts;

/// <summary>Ends a script with everything that it started.</summary>
public static class ProcessTree
{
    /// <summary>The environment variable that names the command in each of its processes.</summary>
    public const string Marker = "BREEZE_COMMAND_ID";

    /// <summary>Kills the process, its descendants and, on Linux, those that were cut loose from it.</summary>
    public static void Kill(Process process, Guid commandId)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or AggregateException or System.ComponentModel.Win32Exception)
        {
            // It ended meanwhile, or a descendant did.
        }

        KillMarked(commandId);
    }

    /// <summary>Kills every process that carries the command's mark; does nothing where other processes' environment cannot be read.</summary>
    /// <remarks>A child whose parent ended belongs to no tree any more: only its environment still tells where it came from.</remarks>
    public static void KillMarked(Guid commandId)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        var mark = Encoding.ASCII.GetBytes($"{Marker}={commandId:D}");
        // A process may fork while we look: look until nothing is left, but not for ever.
        for (var pass = 0; pass < 20 && KillMarkedOnce(mark); pass++)
        {
        }
    }

    private static bool KillMarkedOnce(byte[] mark)
    {
        var found = false;
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), out var id) && id != Environment.ProcessId && Carries(folder, mark))
            {
                found |= TryKill(id);
            }
        }

        return found;
    }

    private static bool Carries(string folder, byte[] mark)
    {
        try
        {
            return File.ReadAllBytes(folder + "/environ").AsSpan().IndexOf(mark) >= 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool TryKill(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            process.Kill();
            return true;
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
