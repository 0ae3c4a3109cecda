using Breeze.Core;
using Breeze.Silo.Hosting;
using Dapper;

namespace Breeze.Silo.Fleet;

/// <summary>The arguments of one statement that is put together from parts: each value gets a name of its own, none is ever in the text.</summary>
public sealed class SqlArguments
{
    /// <summary>SQLite takes 32,766 arguments, PostgreSQL 65,535. A filter alone stays below: only the groups that it names can pass it.</summary>
    private const int Most = 30_000;

    private int _count;
    private string? _field;

    public DynamicParameters Values { get; } = new();

    /// <summary>Takes a value; the name to write in its place, <c>@p0</c>, <c>@p1</c> and so on.</summary>
    /// <exception cref="RefusedException">400: groups are named whose filters are too much together.</exception>
    public string Add(object value)
    {
        if (_count >= Most)
        {
            throw new RefusedException(Refusal.Invalid(
                $"{_field ?? "The request"} names dynamic groups whose filters have more than {Most} values together.", _field));
        }

        var name = $"p{_count++}";
        Values.Add(name, value);
        return "@" + name;
    }

    /// <summary>Takes several values; their names in parentheses, for <c>in</c>.</summary>
    public string AddList<T>(IEnumerable<T> values) => $"({string.Join(", ", values.Select(v => Add(v!)))})";

    /// <summary>Takes what a member of the request stands for, so that a refusal can name it.</summary>
    internal string For(string field, Func<string> part)
    {
        var outer = _field;
        _field = outer ?? field;
        var sql = part();
        _field = outer;
        return sql;
    }
}
