using Breeze.Core.Fleet;

namespace Breeze.Silo.Fleet;

/// <summary>Turns a checked filter into a predicate over <c>devices d</c>: the one way for previews, groups, lists and targets.</summary>
/// <remarks>
/// The text is the same on both engines, every value is an argument, and every condition is true or false, never null, so that a
/// negation is its exact complement.
/// </remarks>
public sealed class FilterSql
{
    private readonly Dictionary<string, FilterColumn> _columns;

    public FilterSql(IEnumerable<FilterColumn> registered)
    {
        _columns = FilterColumn.OfTheFleet.Concat(registered).ToDictionary(c => c.Field.Name, StringComparer.Ordinal);
        Fields = new FilterFields(FilterFields.OfTheFleet.UnionBy(_columns.Values.Select(c => c.Field), f => f.Name));
    }

    /// <summary>Every field that a filter may name here.</summary>
    public FilterFields Fields { get; }

    /// <summary>The predicate of a tree.</summary>
    /// <param name="tree">The filter.</param>
    /// <param name="groups">The dynamic groups it names, loaded before; every other group is looked up as a static one.</param>
    /// <param name="now">What online, lastSeenAt and withinLast are judged by.</param>
    /// <param name="arguments">Takes the values.</param>
    public string Predicate(FilterNode tree, DynamicGroups groups, DateTimeOffset now, SqlArguments arguments) =>
        new Compilation(_columns, groups, now, arguments).Node(tree);

    /// <summary>The predicate "is in any of these groups now".</summary>
    internal string InAnyGroup(IEnumerable<Guid> ids, DynamicGroups groups, DateTimeOffset now, SqlArguments arguments) =>
        new Compilation(_columns, groups, now, arguments).InAny([.. ids]);

    private sealed class Compilation(Dictionary<string, FilterColumn> columns, DynamicGroups groups, DateTimeOffset now, SqlArguments arguments)
    {
        // PostgreSQL makes joins of these, which finds few devices among many by the tag's index; with a hundred of them it plans for half
        // a minute. From this many on they stay subqueries: an offset keeps it from looking inside.
        private const int MostJoins = 6;

        private string? _now;
        private int _joins;

        private string Now => _now ??= arguments.Add(now.ToUnixTimeMilliseconds());

        public string Node(FilterNode node) => node switch
        {
            FilterGroup group => $"({string.Join(group.All ? " and " : " or ", group.Conditions.Select(Node))})",
            FilterCondition { Negated: true } condition => $"not {Test(condition)}",
            FilterCondition condition => Test(condition),
            _ => throw new InvalidOperationException($"A filter has no {node.GetType().Name}."),
        };

        public string InAny(IReadOnlyList<Guid> ids)
        {
            var members = ids.Where(id => !groups.IsDynamic(id)).ToList();
            var parts = ids.Where(groups.IsDynamic).Select(id => groups.FilterOf(id) is { } filter ? Node(filter) : "1 = 0").ToList();
            if (members.Count > 0)
            {
                parts.Add(Exists($"from device_group_members m where m.device_id = d.id and m.group_id in {arguments.AddList(members)}"));
            }

            return $"({string.Join(" or ", parts)})";
        }

        private string Exists(string found) => $"exists (select 1 {found}{(_joins++ < MostJoins ? "" : " limit 1 offset 0")})";

        private string Test(FilterCondition condition) => condition.Field.Kind switch
        {
            FieldKind.TextSet => Tags(condition),
            FieldKind.IdSet => Groups(condition),
            FieldKind.Custom => Custom(condition),
            FieldKind.Choice when condition.Field.Name == "status" => Status(condition),
            _ => Scalar(condition, columns[condition.Field.Name]),
        };

        private string Tags(FilterCondition condition)
        {
            if (condition.Test == FilterTest.IsEmpty)
            {
                return "(not exists (select 1 from device_tags t where t.device_id = d.id))";
            }

            var tags = ((FilterValue.Texts)condition.Value).Items.Distinct(StringComparer.Ordinal).ToList();
            var found = $"from device_tags t where t.device_id = d.id and t.tag in {arguments.AddList(tags)}";
            return condition.Test == FilterTest.HasAll && tags.Count > 1
                ? $"((select count(*) {found}) = {tags.Count})"
                : $"({Exists(found)})";
        }

        private string Groups(FilterCondition condition)
        {
            var ids = ((FilterValue.Ids)condition.Value).Items.Distinct().ToList();
            return arguments.For($"{condition.Path}.value", () => condition.Test == FilterTest.HasAll ? InAll(ids) : InAny(ids));
        }

        // One subquery for all static groups: the planner's time grows with the square of those it sees.
        private string InAll(IReadOnlyList<Guid> ids)
        {
            var members = ids.Where(id => !groups.IsDynamic(id)).ToList();
            var parts = ids.Where(groups.IsDynamic).Select(id => InAny([id])).ToList();
            if (members.Count > 0)
            {
                parts.Add($"(select count(*) from device_group_members m where m.device_id = d.id and m.group_id in {arguments.AddList(members)}) = {members.Count}");
            }

            return $"({string.Join(" and ", parts)})";
        }

        private string Status(FilterCondition condition) =>
            $"({string.Join(" or ", ((FilterValue.Texts)condition.Value).Items.Distinct().Select(status => status switch
            {
                "online" => $"(d.decommissioned_at is null and {PresenceFilter.Online(Now)})",
                "offline" => $"(d.decommissioned_at is null and not {PresenceFilter.Online(Now)})",
                _ => "d.decommissioned_at is not null",
            }))})";

        private string Custom(FilterCondition condition)
        {
            var name = arguments.Add(condition.Field.CustomName);
            var column = condition.Value is FilterValue.Numbers ? "f.number" : "f.value";
            var value = $"(select {column} from device_fields f where f.device_id = d.id and f.name = {name})";
            return Scalar(condition, new FilterColumn(condition.Field, value, Nullable: true));
        }

        private string Scalar(FilterCondition condition, FilterColumn column)
        {
            var sql = column.Sql.Contains("{now}", StringComparison.Ordinal) ? column.Sql.Replace("{now}", Now, StringComparison.Ordinal) : column.Sql;
            if (condition.Test == FilterTest.IsNull)
            {
                return $"({sql} is null)";
            }

            if (condition.Test == FilterTest.IsEmpty)
            {
                return $"(coalesce({sql}, '') = '')";
            }

            var test = condition.Value switch
            {
                FilterValue.Texts texts when condition.Field.Kind != FieldKind.Choice => Text(condition.Test, sql, column, texts.Items),
                FilterValue.Texts words => $"{sql} in {arguments.AddList(words.Items)}",
                FilterValue.Ids ids => $"{sql} in {arguments.AddList(ids.Items)}",
                FilterValue.Numbers numbers => Compared(condition.Test, sql, numbers.Items),
                FilterValue.Times times => Compared(condition.Test, sql, [.. times.Items.Select(t => t.ToUnixTimeMilliseconds())]),
                FilterValue.Span span => Within(sql, span.Length),
                _ => throw new InvalidOperationException($"{condition.Test} has no value {condition.Value.GetType().Name}."),
            };
            return column.Nullable ? $"(coalesce({test}, 1 = 0))" : $"({test})";
        }

        private string Text(FilterTest test, string sql, FilterColumn column, IReadOnlyList<string> texts)
        {
            var folded = column.IsKey ? sql : $"lower({sql})";
            if (test is FilterTest.Equal or FilterTest.In)
            {
                return $"{folded} in {arguments.AddList(texts.Select(t => Fold(t, column)))}";
            }

            var escaped = LikePattern.Escape(Fold(texts[0], column));
            var pattern = test switch
            {
                FilterTest.StartsWith => escaped + "%",
                FilterTest.EndsWith => "%" + escaped,
                _ => $"%{escaped}%",
            };
            return $"{folded} like {arguments.Add(pattern)} escape '{LikePattern.EscapeCharacter}'";
        }

        // As the column is folded: PostgreSQL's lower under collation "C" and SQLite's both know ASCII only.
        private static string Fold(string text, FilterColumn column) =>
            column.IsKey ? Hostnames.Key(text) : string.Create(text.Length, text, static (to, from) =>
            {
                for (var i = 0; i < from.Length; i++)
                {
                    to[i] = char.IsAsciiLetterUpper(from[i]) ? (char)(from[i] | 0x20) : from[i];
                }
            });

        private string Within(string sql, TimeSpan length) =>
            $"{sql} between {arguments.Add((now - length).ToUnixTimeMilliseconds())} and {Now}";

        private string Compared<T>(FilterTest test, string sql, IReadOnlyList<T> values)
            where T : notnull => test switch
            {
                FilterTest.Between => $"{sql} between {arguments.Add(values[0])} and {arguments.Add(values[1])}",
                FilterTest.Before or FilterTest.LessThan => $"{sql} < {arguments.Add(values[0])}",
                FilterTest.After or FilterTest.GreaterThan => $"{sql} > {arguments.Add(values[0])}",
                FilterTest.LessThanOrEqual => $"{sql} <= {arguments.Add(values[0])}",
                FilterTest.GreaterThanOrEqual => $"{sql} >= {arguments.Add(values[0])}",
                _ => $"{sql} in {arguments.AddList(values)}",
            };
    }
}
