using System.Data.Common;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Breeze.Silo.Storage;

/// <summary>Temporary tables of SQLite's writer that hold a statement's <see cref="Rows"/>: bound by position, nothing is parsed.</summary>
/// <remarks>
/// A JSON document costs SQLite 10 us and more for each row of a dozen columns, because every column is looked up in its text, and its
/// UTF-16 copy lands in the large object heap. One table for each number of columns, made when the connection is opened; each statement
/// empties and fills its own, so no two statements meet in one.
/// </remarks>
internal sealed class StagedRows
{
    private const int MostColumns = 24;

    // What the planner is told of a table's size, so that it walks these rows and looks the others up by key.
    private const int TypicalRows = 256;

    private static readonly ConditionalWeakTable<DbConnection, StagedRows> Known = [];

    private readonly sqlite3 _database;
    private readonly sqlite3_stmt?[] _clear = new sqlite3_stmt?[MostColumns + 1];
    private readonly sqlite3_stmt?[] _insert = new sqlite3_stmt?[MostColumns + 1];

    private StagedRows(SqliteConnection connection) => _database = connection.Handle!;

    /// <summary>Makes the connection's tables. Call it outside of a transaction, or a rollback takes them away.</summary>
    public static void Prepare(SqliteConnection connection)
    {
        var script = new StringBuilder();
        for (var columns = 1; columns <= MostColumns; columns++)
        {
            script.Append($"create temp table {Table(columns)} ({Columns(columns)}); insert into temp.{Table(columns)} (c0) values (null);");
        }

        script.Append($"analyze temp; update temp.sqlite_stat1 set stat = '{TypicalRows}'; analyze temp.sqlite_schema;");
        using var command = connection.CreateCommand();
        command.CommandText = script.ToString();
        command.ExecuteNonQuery();
        Known.Add(connection, new StagedRows(connection));
    }

    /// <summary>Fills the table for these rows.</summary>
    /// <returns>The select that takes the place of <c>{rows}</c>; null where rows go as parameters.</returns>
    public static string? Of(DbConnection connection, DbTransaction? transaction, Rows rows)
    {
        if (transaction is null || rows.Columns.Count > MostColumns || !Known.TryGetValue(connection, out var staged))
        {
            return null;
        }

        staged.Fill(rows);
        return $"select {string.Join(", ", rows.Columns.Select((c, i) => $"c{i} as {c.Name}"))} from temp.{Table(rows.Columns.Count)}";
    }

    private static string Table(int columns) => $"rows_of_{columns}";

    private static string Columns(int count) => string.Join(", ", Enumerable.Range(0, count).Select(i => $"c{i}"));

    private void Fill(Rows rows)
    {
        var columns = rows.Columns.Count;
        Step(_clear[columns] ??= Compile($"delete from temp.{Table(columns)}"));
        var insert = _insert[columns] ??= Compile(
            $"insert into temp.{Table(columns)} values ({string.Join(", ", Enumerable.Repeat("?", columns))})");
        for (var row = 0; row < rows.Count; row++)
        {
            for (var column = 0; column < columns; column++)
            {
                Check(Bind(insert, column + 1, rows.Columns[column].Values, row));
            }

            Step(insert);
        }
    }

    private static int Bind(sqlite3_stmt statement, int at, Array values, int row) => values switch
    {
        Guid[] ids => BindId(statement, at, ids[row]),
        Guid?[] ids when ids[row] is { } id => BindId(statement, at, id),
        long[] numbers => raw.sqlite3_bind_int64(statement, at, numbers[row]),
        long?[] numbers when numbers[row] is { } number => raw.sqlite3_bind_int64(statement, at, number),
        int[] numbers => raw.sqlite3_bind_int64(statement, at, numbers[row]),
        int?[] numbers when numbers[row] is { } number => raw.sqlite3_bind_int64(statement, at, number),
        string?[] texts when texts[row] is { } text => raw.sqlite3_bind_text(statement, at, text),
        _ => raw.sqlite3_bind_null(statement, at),
    };

    // As Microsoft.Data.Sqlite stores a Guid parameter: upper case. Another case would be another key.
    private static int BindId(sqlite3_stmt statement, int at, Guid id)
    {
        Span<byte> text = stackalloc byte[36];
        id.TryFormat(text, out _);
        Ascii.ToUpperInPlace(text, out _);
        return raw.sqlite3_bind_text(statement, at, text);
    }

    private sqlite3_stmt Compile(string sql)
    {
        Check(raw.sqlite3_prepare_v2(_database, sql, out var statement));
        return statement;
    }

    private void Step(sqlite3_stmt statement)
    {
        var outcome = raw.sqlite3_step(statement);
        raw.sqlite3_reset(statement);
        if (outcome is not (raw.SQLITE_DONE or raw.SQLITE_ROW))
        {
            Check(outcome);
        }
    }

    private void Check(int outcome) => SqliteException.ThrowExceptionForRC(outcome, _database);
}
