namespace Breeze.Silo.Storage;

/// <summary>
/// A set of rows handed to one SQL statement: arrays through <c>unnest</c> on PostgreSQL; on SQLite a temporary table of the writer's
/// connection, or for reads one JSON document through <c>json_each</c>. The statement around it is the same on both.
/// </summary>
/// <remarks>
/// Use: <c>tx.ExecuteRows("with v as ({rows}) update t set x = v.x from v where t.id = v.id and t.version = v.version", rows, args)</c>
/// where <c>{rows}</c> is replaced by the engine's select of the columns named here. All columns have the same length.
/// </remarks>
public sealed class Rows
{
    internal List<(string Name, string SqlType, Array Values)> Columns { get; } = [];

    public int Count => Columns.Count == 0 ? 0 : Columns[0].Values.Length;

    public Rows Uuid(string name, Guid[] values) => Add(name, "uuid", values);

    public Rows Uuid(string name, Guid?[] values) => Add(name, "uuid", values);

    public Rows BigInt(string name, long[] values) => Add(name, "bigint", values);

    public Rows BigInt(string name, long?[] values) => Add(name, "bigint", values);

    public Rows Int(string name, int[] values) => Add(name, "integer", values);

    public Rows Int(string name, int?[] values) => Add(name, "integer", values);

    public Rows Text(string name, string?[] values) => Add(name, "text", values);

    private Rows Add(string name, string sqlType, Array values)
    {
        if (Columns.Count > 0 && values.Length != Count)
        {
            throw new ArgumentException($"Column {name} has {values.Length} values, the others {Count}.", nameof(values));
        }

        Columns.Add((name, sqlType, values));
        return this;
    }
}
