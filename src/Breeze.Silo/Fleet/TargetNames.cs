namespace Breeze.Silo.Fleet;

/// <summary>SQL: what the target of a scope is called, where a row has <c>level</c> and <c>target_id</c>. Null once the target is gone.</summary>
internal static class TargetNames
{
    private static readonly (string Level, string Name)[] Levels =
    [
        ("partner", "select t.name from partners t"),
        ("organization", "select t.name from organizations t"),
        ("site", "select t.name from sites t"),
        ("device_group", "select t.name from device_groups t"),
        ("device", "select coalesce(t.display_name, t.hostname) from devices t"),
    ];

    /// <summary>Of rows whose level is a word.</summary>
    public static string ByWord(string alias) => Of(alias, i => $"'{Levels[i].Level}'");

    /// <summary>Of rows whose level is a number, from 1 for a partner to 5 for a device.</summary>
    public static string ByNumber(string alias) => Of(alias, i => FormattableString.Invariant($"{i + 1}"));

    private static string Of(string alias, Func<int, string> level) => $"case {alias}.level "
        + string.Join(" ", Levels.Select((l, i) => $"when {level(i)} then ({l.Name} where t.id = {alias}.target_id)")) + " end";
}
