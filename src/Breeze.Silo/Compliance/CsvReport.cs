using System.Globalization;
using System.Text;
using Breeze.Contracts;
using Breeze.Core.Patches;
using CsvHelper;
using CsvHelper.Configuration;

namespace Breeze.Silo.Compliance;

/// <summary>Writes a report's lines as CSV (RFC 4180, UTF-8 with a byte order mark, which spreadsheets want).</summary>
/// <remarks>
/// Titles, hostnames and errors are devices' text. A cell that begins like a formula gets an apostrophe in front, or a spreadsheet would
/// run it.
/// </remarks>
internal sealed class CsvReport : IDisposable
{
    private static readonly CsvConfiguration Format = new(CultureInfo.InvariantCulture)
    {
        NewLine = "\r\n",
        InjectionOptions = InjectionOptions.Escape,
        InjectionEscapeCharacter = '\'',
        InjectionCharacters = ['=', '@', '+', '-', '\t', '\r', '|', '%', '\uFF1D', '\uFF20', '\uFF0B', '\uFF0D'],
    };

    private static readonly string[] Header =
    [
        "organization", "site", "deviceId", "hostname", "displayName", "osType", "source", "externalId", "title", "severity", "version",
        "currentVersion", "status", "approvalStatus", "error", "releaseDate", "changedAt",
    ];

    private readonly CsvWriter _csv;

    public CsvReport(Stream to)
    {
        _csv = new CsvWriter(new StreamWriter(to, new UTF8Encoding(true), bufferSize: 32 * 1024, leaveOpen: true), Format);
        foreach (var name in Header)
        {
            _csv.WriteField(name);
        }

        _csv.NextRecord();
    }

    public void Write(ReportLine line)
    {
        _csv.WriteField(line.Organization);
        _csv.WriteField(line.Site);
        _csv.WriteField(line.DeviceId.ToString());
        _csv.WriteField(line.Hostname);
        _csv.WriteField(line.DisplayName);
        _csv.WriteField(line.OsType);
        _csv.WriteField(EnumName.Of((PatchSource)line.Source));
        _csv.WriteField(line.ExternalId);
        _csv.WriteField(line.Title);
        _csv.WriteField(EnumName.Of((PatchSeverity)line.Severity));
        _csv.WriteField(line.Version);
        _csv.WriteField(line.CurrentVersion);
        _csv.WriteField(EnumName.Of((DevicePatchStatus)line.Status));
        _csv.WriteField(EnumName.Of((ApprovalStatus)line.Approval));
        _csv.WriteField(line.Error);
        _csv.WriteField(Time(line.ReleaseDate));
        _csv.WriteField(Time(line.ChangedAt));
        _csv.NextRecord();
    }

    /// <summary>Brings what was written so far to the stream.</summary>
    public void Flush() => _csv.Flush();

    public void Dispose() => _csv.Dispose();

    private static string? Time(DateTimeOffset? at) => at?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
