using System.Security.Cryptography;
using Breeze.Agent.Tools;
using Breeze.Contracts.Agents;

namespace Breeze.Agent.Software;

/// <summary>An installer in a private folder, whole and unchanged, gone when it is disposed of.</summary>
public sealed class InstallerDownload : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    // A server that sends nothing for so long sends nothing more.
    private static readonly TimeSpan Silence = TimeSpan.FromMinutes(1);

    private readonly string _folder;

    private InstallerDownload(string folder, string name)
    {
        _folder = folder;
        Path = System.IO.Path.Combine(folder, name);
    }

    public string Path { get; }

    /// <summary>Fetches it; the file is there only when its size and its SHA-256 are right.</summary>
    /// <param name="longest">All of it may take so long: a server that sends a byte now and then must not keep the device from its other commands.</param>
    /// <exception cref="ToolException">The server, the size or the hash is not as it should be, it took too long, or the disk is full.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static async Task<InstallerDownload> Fetch(
        HttpClient http, SoftwarePayload package, InstallerKind kind, string root, Guid commandId, TimeSpan longest, CancellationToken cancelled)
    {
        // The name is ours: nothing of the address gets into a path.
        var download = new InstallerDownload(System.IO.Path.Combine(root, commandId.ToString("N")), "installer" + kind.Extension);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancelled);
        patience.CancelAfter(longest);
        try
        {
            download.MakeFolder();
            await download.Fetch(http, package, patience.Token);
            return download;
        }
        catch (Exception e)
        {
            download.Dispose();
            throw e switch
            {
                HttpRequestException or IOException or UnauthorizedAccessException => new ToolException($"The download failed: {e.Message}"),
                OperationCanceledException when cancelled.IsCancellationRequested => new OperationCanceledException(cancelled),
                OperationCanceledException when patience.IsCancellationRequested =>
                    new ToolException($"The download failed: it took longer than {longest.TotalMinutes:0.#} minutes."),
                OperationCanceledException => new ToolException($"The download failed: the server sent nothing for {Silence.TotalSeconds:0} s."),
                ToolException => e,
                _ => new InvalidOperationException("The download failed inside the agent.", e),
            };
        }
    }

    /// <summary>Deletes what an earlier process left behind.</summary>
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
            if (Directory.Exists(_folder))
            {
                Directory.Delete(_folder, recursive: true);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Something that the installer left running holds it (Windows): the next start deletes it.
        }
    }

    private void MakeFolder()
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(_folder);
        }
        else
        {
            Directory.CreateDirectory(_folder, OwnerOnly);
        }
    }

    private async Task Fetch(HttpClient http, SoftwarePayload package, CancellationToken cancelled)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancelled);
        silence.CancelAfter(Silence);
        using var answer = await http.GetAsync(new Uri(package.Url), HttpCompletionOption.ResponseHeadersRead, silence.Token);
        if (!answer.IsSuccessStatusCode)
        {
            throw new ToolException($"The download failed: the server answered {(int)answer.StatusCode}.");
        }

        if (answer.Content.Headers.ContentLength is { } announced && announced != package.SizeBytes)
        {
            throw new ToolException($"The file is {announced} bytes long, not {package.SizeBytes}.");
        }

        await using var body = await answer.Content.ReadAsStreamAsync(silence.Token);
        await using var file = new FileStream(Path, Options());
        var hash = await Copy(body, file, package.SizeBytes, silence);
        if (!hash.Equals(package.Sha256, StringComparison.OrdinalIgnoreCase))
        {
            throw new ToolException($"The file's SHA-256 is {hash}, not {package.Sha256.ToLowerInvariant()}.");
        }
    }

    private static async Task<string> Copy(Stream body, FileStream file, long size, CancellationTokenSource silence)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[128 * 1024];
        var total = 0L;
        int length;
        while ((length = await body.ReadAsync(buffer, silence.Token)) > 0)
        {
            silence.CancelAfter(Silence);
            total += length;
            if (total > size)
            {
                throw new ToolException($"The file is longer than {size} bytes.");
            }

            sha.AppendData(buffer, 0, length);
            await file.WriteAsync(buffer.AsMemory(0, length), silence.Token);
        }

        return total == size ? Convert.ToHexStringLower(sha.GetHashAndReset()) : throw new ToolException($"The file ended after {total} of {size} bytes.");
    }

    private static FileStreamOptions Options()
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        return options;
    }
}
