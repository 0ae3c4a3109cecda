using System.Text.Json;
using Breeze.Contracts;
using Spectre.Console;

namespace Breeze.Cli.Terminal;

/// <summary>One column of a table for people.</summary>
/// <param name="Value">Any text: it is made printable here.</param>
public sealed record Column<T>(string Header, Func<T, string?> Value);

/// <summary>Prints things: tables for people, JSON for scripts.</summary>
public static class Listing
{
    /// <summary>The API's own JSON, indented; its shape is part of the CLI's promise.</summary>
    public static JsonSerializerOptions Indented { get; } = new(BreezeJson.Lenient) { WriteIndented = true };

    /// <summary>One JSON value, or one row a column that has something to say.</summary>
    public static void Show<T>(this Shell shell, bool json, T item, IReadOnlyList<Column<T>> columns)
    {
        if (json)
        {
            shell.Output.WriteLine(JsonSerializer.Serialize(item, Indented));
            return;
        }

        var grid = new Grid().AddColumn(new GridColumn().NoWrap().PadRight(2)).AddColumn();
        foreach (var column in columns)
        {
            if (column.Value(item) is { Length: > 0 } value)
            {
                grid.AddRow(new Text(column.Header, new Style(decoration: Decoration.Dim)), new Text(Printable.Line(value, 1000)));
            }
        }

        shell.Screen.Write(grid);
    }

    /// <summary>A JSON array, or a table; of at most <paramref name="limit"/> things, 0 for all.</summary>
    public static async Task Show<T>(
        this Shell shell, bool json, IAsyncEnumerable<T> items, int limit, IReadOnlyList<Column<T>> columns, string nothing, CancellationToken cancel)
    {
        var taken = new List<T>();
        var more = false;
        await foreach (var item in items.WithCancellation(cancel))
        {
            if (limit > 0 && taken.Count == limit)
            {
                more = true;
                break;
            }

            taken.Add(item);
        }

        if (json)
        {
            await shell.Output.WriteLineAsync(JsonSerializer.Serialize(taken, Indented));
            return;
        }

        if (taken.Count == 0)
        {
            await shell.Output.WriteLineAsync(nothing);
            return;
        }

        shell.Screen.Write(Of(taken, columns));
        if (more)
        {
            await shell.Output.WriteLineAsync($"The first {limit}; --limit 0 shows all.");
        }
    }

    public static Table Of<T>(IEnumerable<T> items, IReadOnlyList<Column<T>> columns)
    {
        var table = new Table().Border(TableBorder.Simple);
        foreach (var column in columns)
        {
            table.AddColumn(new TableColumn(new Text(column.Header, new Style(decoration: Decoration.Bold))).NoWrap());
        }

        foreach (var item in items)
        {
            table.AddRow(columns.Select(column => new Text(Printable.Line(column.Value(item), 60))));
        }

        return table;
    }
}
