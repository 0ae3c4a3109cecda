namespace Breeze.Agent.Patches.Windows;

/// <summary>One row of winget's tables.</summary>
/// <param name="Available">The later version that is offered; null for none.</param>
public sealed record WingetPackage(string Name, string Id, string Version, string? Available);

/// <summary>Reads the tables of <c>winget list</c> and <c>winget upgrade</c>: winget has no other output.</summary>
/// <remarks>
/// Its headings are in the user's language, so the columns are told by their order (Name, Id, Version, Available, Source) and their places by
/// the headings' beginnings. Longer cells are cut with an ellipsis: a row whose id or version was cut cannot be used, and makes the list incomplete.
/// </remarks>
public static class WingetTable
{
    /// <returns>The rows, and how many could not be read.</returns>
    public static (IReadOnlyList<WingetPackage> Packages, int Cut) Read(string output)
    {
        var lines = output.Split('\n').Select(line => line.TrimEnd('\r')).Select(WithoutSpinner).ToList();
        var packages = new List<WingetPackage>();
        var cut = 0;
        int[]? columns = null;
        for (var i = 0; i < lines.Count; i++)
        {
            if (i + 1 < lines.Count && IsRule(lines[i + 1]))
            {
                columns = Columns(lines[i]);
                i++;
            }
            else if (columns is not null && Cells(lines[i], columns) is [var name, { Length: > 0 } id, { Length: > 0 } version, ..] cells)
            {
                // Without offers the table has four columns, and the fourth is the source.
                var available = cells.Count > 4 && cells[3].Length > 0 ? cells[3] : null;
                if ($"{id}{version}{available}".AsSpan().IndexOfAny('…', ' ') >= 0)
                {
                    cut++;
                }
                else
                {
                    packages.Add(new WingetPackage(name, id, version, available));
                }
            }
            else if (lines[i].Length == 0)
            {
                columns = null;
            }
        }

        return (packages, cut);
    }

    private static bool IsRule(string line) => line.Length > 20 && line.All(c => c == '-');

    // The progress spinner writes over itself; what counts is what came last.
    private static string WithoutSpinner(string line) => line[(line.LastIndexOf('\r') + 1)..];

    private static int[] Columns(string header) =>
        [.. Enumerable.Range(0, header.Length).Where(at => header[at] != ' ' && (at == 0 || header[at - 1] == ' '))];

    private static List<string> Cells(string line, int[] columns) =>
        [.. columns.Select((start, n) => start >= line.Length ? "" : line[start..(n + 1 < columns.Length ? Math.Min(columns[n + 1], line.Length) : line.Length)].Trim())];
}
