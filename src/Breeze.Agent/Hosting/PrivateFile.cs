using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Breeze.Agent.Hosting;

/// <summary>A file that only its owner can read, replaced in one step and on the disk when that returns.</summary>
public static class PrivateFile
{
    /// <exception cref="IOException">The disk is full or broken; the old content is still there.</exception>
    public static void Write<T>(string path, T content, JsonTypeInfo<T> type)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            // From its first byte on.
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        var next = path + ".new";
        File.Delete(next);
        using (var stream = new FileStream(next, options))
        {
            JsonSerializer.Serialize(stream, content, type);
            stream.Flush(flushToDisk: true);
        }

        File.Move(next, path, overwrite: true);
    }

    /// <summary>The content; null when there is no such file, or it is no such content (then it is put aside as <c>.damaged</c>).</summary>
    public static T? Read<T>(string path, JsonTypeInfo<T> type)
        where T : class
    {
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), type);
        }
        catch (JsonException)
        {
            File.Move(path, path + ".damaged", overwrite: true);
            return null;
        }
    }
}
