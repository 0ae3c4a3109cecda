using System.Runtime.InteropServices;

namespace Breeze.Agent.Commands;

/// <summary>The journal's bytes on disk: appended to and synced, replaced whole when compacted.</summary>
/// <remarks>A failed append leaves the file as it was: what was half-written is cut off before anything else is.</remarks>
public sealed class JournalFile : IDisposable
{
    private readonly string _path;
    private readonly Func<string, FileMode, Stream> _open;
    private Stream _stream;
    private long _length;
    private bool _torn;

    /// <param name="path">Where the journal is, or will be.</param>
    /// <param name="open">Opens the file; null for the usual way.</param>
    public JournalFile(string path, Func<string, FileMode, Stream>? open = null)
    {
        _path = path;
        _open = open ?? OpenFile;
        File.Delete(path + ".new");
        _stream = _open(path, FileMode.OpenOrCreate);
        _length = _stream.Length;
    }

    public long Length => _length;

    public byte[] ReadAll()
    {
        var bytes = new byte[_length];
        _stream.Position = 0;
        _stream.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>Cuts off what stands behind the last whole line.</summary>
    public void Truncate(long length)
    {
        _stream.SetLength(length);
        Sync(_stream);
        _length = length;
    }

    /// <summary>Returns when the bytes are on the disk.</summary>
    /// <exception cref="IOException">Nothing was appended: the disk is full or broken.</exception>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (_torn)
        {
            _stream.SetLength(_length);
        }

        _torn = true;
        _stream.Position = _length;
        _stream.Write(bytes);
        Sync(_stream);
        _length += bytes.Length;
        _torn = false;
    }

    /// <summary>Replaces the whole: after a crash either the old journal is there or the new one.</summary>
    public void Replace(ReadOnlySpan<byte> bytes)
    {
        using (var next = _open(_path + ".new", FileMode.Create))
        {
            next.Write(bytes);
            Sync(next);
        }

        _stream.Dispose();
        try
        {
            File.Move(_path + ".new", _path, overwrite: true);
            SyncFolder(Path.GetDirectoryName(Path.GetFullPath(_path))!);
        }
        finally
        {
            _stream = _open(_path, FileMode.OpenOrCreate);
            _length = _stream.Length;
            _torn = false;
        }
    }

    public void Dispose() => _stream.Dispose();

    private static FileStream OpenFile(string path, FileMode mode)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.ReadWrite, Share = FileShare.Read, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return new FileStream(path, options);
    }

    private static void Sync(Stream stream)
    {
        if (stream is FileStream file)
        {
            file.Flush(flushToDisk: true);
        }
        else
        {
            stream.Flush();
        }
    }

    // A renamed file's name is only durable once its folder is; what is appended to it afterwards would be lost with the name.
    private static void SyncFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var descriptor = Open(folder, 0);
        if (descriptor >= 0)
        {
            _ = Fsync(descriptor);
            _ = Close(descriptor);
        }
    }

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Fsync(int descriptor);

    [DllImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int descriptor);
}
