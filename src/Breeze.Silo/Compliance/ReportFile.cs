using System.IO.Compression;

namespace Breeze.Silo.Compliance;

/// <summary>Another run of the same report has taken over; this one has nothing more to do.</summary>
internal sealed class ReportTakenOverException() : Exception("Another run of this report has taken over.");

/// <summary>The file of a run on its way into the database: what is written is kept back until it makes a piece.</summary>
internal sealed class ReportFile(ReportStore store, Guid report, int run) : IDisposable
{
    /// <summary>A piece before it is compressed: what a run holds in memory, however long the file.</summary>
    private const int PieceBytes = 1 << 20;

    private readonly MemoryStream _piece = new(PieceBytes + PieceBytes / 4);
    private int _pieces;

    /// <summary>Where to write. Call <see cref="Push"/> now and then.</summary>
    public Stream Body => _piece;

    /// <summary>Stores what has been written once it is enough for a piece.</summary>
    /// <exception cref="ReportTakenOverException">Stop: the rest would go nowhere.</exception>
    public Task Push() => _piece.Length >= PieceBytes ? Store() : Task.CompletedTask;

    /// <summary>Stores the rest.</summary>
    public Task Finish() => _piece.Length > 0 ? Store() : Task.CompletedTask;

    public void Dispose() => _piece.Dispose();

    /// <summary>Writes a stored file to where it is wanted, piece by piece.</summary>
    public static async Task Copy(ReportStore store, ReportRow report, Stream to, CancellationToken cancel)
    {
        for (var piece = 0; await store.Chunk(report.Id, report.Run, piece) is { } body; piece++)
        {
            await using var unzip = new GZipStream(new MemoryStream(body), CompressionMode.Decompress);
            await unzip.CopyToAsync(to, cancel);
        }
    }

    private async Task Store()
    {
        using var zipped = new MemoryStream();
        await using (var zip = new GZipStream(zipped, CompressionLevel.Fastest, leaveOpen: true))
        {
            zip.Write(_piece.GetBuffer(), 0, (int)_piece.Length);
        }

        if (!await store.Add(report, run, _pieces++, zipped.ToArray()))
        {
            throw new ReportTakenOverException();
        }

        _piece.SetLength(0);
    }
}
