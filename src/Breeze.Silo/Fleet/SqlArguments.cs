using Dapper;

namespace Breeze.Silo.Fleet;

/// <summary>The arguments of one statement that is put together from parts: each value gets a name of its own, none is ever in the text.</summary>
public sealed class SqlArguments
{
    private int _count;

    public DynamicParameters Values { get; } = new();

    /// <summary>Takes a value; the name to write in its place, <c>@p0</c>, <c>@p1</c> and so on.</summary>
    public string Add(object value)
    {
        var name = $"p{_count++}";
        Values.Add(name, value);
        return "@" + name;
    }

    /// <summary>Takes several values; their names in parentheses, for <c>in</c>.</summary>
    public string AddList<T>(IEnumerable<T> values) => $"({string.Join(", ", values.Select(v => Add(v!)))})";
}
