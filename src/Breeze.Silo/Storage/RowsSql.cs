using System.Data;
using System.Data.Common;
using System.Text.Encodings.Web;
using System.Text.Json;
using Dapper;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Breeze.Silo.Storage;

/// <summary>Runs one statement over a set of <see cref="Rows"/>, the same text on both engines.</summary>
/// <remarks>
/// <c>{rows}</c> in the text becomes the engine's select of the columns; use it as <c>with v as ({rows}) …</c> or <c>from ({rows}) v</c>.
/// Its parameters are called <c>@v</c> and <c>@v_column</c>; do not use these names in the arguments. In an
/// <c>insert … select … from v on conflict</c> write <c>where true</c> before <c>on conflict</c>, or SQLite reads it as a join.
/// Joining a table by its id and by a constant as well (its organization): write <c>from ({rows}) v cross join t where t.id = v.id and …</c>,
/// which SQLite reads in that order; left to itself it walks all of the organization's rows for each row given.
/// </remarks>
public static class RowsSql
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Runs a statement that answers no rows. Returns the number of rows it changed; zero rows in: nothing runs.</summary>
    public static Task<int> ExecuteRows(this DbTransaction transaction, string sql, Rows rows, object? args = null) =>
        Execute(transaction.Connection!, transaction, sql, rows, args);

    /// <inheritdoc cref="ExecuteRows(DbTransaction, string, Rows, object)"/>
    public static Task<int> ExecuteRows(this DbConnection connection, string sql, Rows rows, object? args = null) =>
        Execute(connection, null, sql, rows, args);

    /// <summary>Runs a statement and maps what it answers. Zero rows in: nothing runs, an empty list.</summary>
    public static Task<IReadOnlyList<T>> QueryRows<T>(this DbTransaction transaction, string sql, Rows rows, object? args = null) =>
        Query<T>(transaction.Connection!, transaction, sql, rows, args);

    /// <inheritdoc cref="QueryRows{T}(DbTransaction, string, Rows, object)"/>
    public static Task<IReadOnlyList<T>> QueryRows<T>(this DbConnection connection, string sql, Rows rows, object? args = null) =>
        Query<T>(connection, null, sql, rows, args);

    private static async Task<int> Execute(DbConnection connection, DbTransaction? transaction, string sql, Rows rows, object? args)
    {
        if (rows.Count == 0)
        {
            return 0;
        }

        var parameters = new Parameters(rows, args, StagedRows.Of(connection, transaction, rows));
        return await connection.ExecuteAsync(parameters.Text(connection, sql), parameters, transaction);
    }

    private static async Task<IReadOnlyList<T>> Query<T>(
        DbConnection connection, DbTransaction? transaction, string sql, Rows rows, object? args)
    {
        if (rows.Count == 0)
        {
            return [];
        }

        var parameters = new Parameters(rows, args, StagedRows.Of(connection, transaction, rows));
        return (await connection.QueryAsync<T>(parameters.Text(connection, sql), parameters, transaction)).AsList();
    }

    private static string Unnest(Rows rows) =>
        $"select * from unnest({string.Join(", ", rows.Columns.Select(c => $"@v_{c.Name}::{c.SqlType}[]"))})"
        + $" as r({string.Join(", ", rows.Columns.Select(c => c.Name))})";

    private static string JsonEach(Rows rows) =>
        $"select {string.Join(", ", rows.Columns.Select((c, i) => $"json_extract(value, '$[{i}]') as {c.Name}"))} from json_each(@v)";

    private static string Json(Rows rows)
    {
        using var stream = new MemoryStream(rows.Count * rows.Columns.Count * 16);
        using (var json = new Utf8JsonWriter(stream, Relaxed))
        {
            json.WriteStartArray();
            for (var row = 0; row < rows.Count; row++)
            {
                json.WriteStartArray();
                foreach (var column in rows.Columns)
                {
                    WriteValue(json, column.Values, row);
                }

                json.WriteEndArray();
            }

            json.WriteEndArray();
        }

        return System.Text.Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    private static void WriteValue(Utf8JsonWriter json, Array values, int row)
    {
        switch (values)
        {
            case Guid[] ids:
                json.WriteStringValue(SqliteText(ids[row]));
                break;
            case Guid?[] ids when ids[row] is { } id:
                json.WriteStringValue(SqliteText(id));
                break;
            case long[] numbers:
                json.WriteNumberValue(numbers[row]);
                break;
            case long?[] numbers when numbers[row] is { } number:
                json.WriteNumberValue(number);
                break;
            case int[] numbers:
                json.WriteNumberValue(numbers[row]);
                break;
            case int?[] numbers when numbers[row] is { } number:
                json.WriteNumberValue(number);
                break;
            case string?[] texts when texts[row] is { } text:
                json.WriteStringValue(text);
                break;
            default:
                json.WriteNullValue();
                break;
        }
    }

    /// <summary>As Microsoft.Data.Sqlite stores a Guid parameter: upper case. Another case would be another key.</summary>
    private static string SqliteText(Guid id) => id.ToString().ToUpperInvariant();

    /// <param name="staged">The select of rows that stand in the connection's own tables already; null: they go as parameters.</param>
    private sealed class Parameters(Rows rows, object? args, string? staged) : SqlMapper.IDynamicParameters
    {
        public string Text(DbConnection connection, string sql) => sql.Replace(
            "{rows}", staged ?? (connection is NpgsqlConnection ? Unnest(rows) : JsonEach(rows)), StringComparison.Ordinal);

        public void AddParameters(IDbCommand command, SqlMapper.Identity identity)
        {
            if (args is not null)
            {
                ((SqlMapper.IDynamicParameters)new DynamicParameters(args)).AddParameters(command, identity);
            }

            if (staged is not null)
            {
                return;
            }

            if (command is SqliteCommand)
            {
                command.Parameters.Add(new SqliteParameter("v", Json(rows)));
                return;
            }

            foreach (var (name, _, values) in rows.Columns)
            {
                command.Parameters.Add(new NpgsqlParameter("v_" + name, values));
            }
        }
    }
}
