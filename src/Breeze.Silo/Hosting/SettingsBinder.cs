using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.Json;

namespace Breeze.Silo.Hosting;

/// <summary>Fills a settings record from configuration, strictly: an unknown key or a bad value stops the start.</summary>
internal static class SettingsBinder
{
    public static T Bind<T>(IConfiguration configuration)
        where T : new() => (T)Bind(typeof(T), configuration, prefix: "");

    /// <summary>Every key under a record type with its default, as <c>section.key</c>.</summary>
    public static IEnumerable<(string Key, object? Default)> Keys(Type type, string prefix = "")
    {
        var defaults = Activator.CreateInstance(type);
        foreach (var property in Settable(type))
        {
            var key = prefix + Name(property);
            if (IsSection(property.PropertyType))
            {
                foreach (var inner in Keys(property.PropertyType, key + "."))
                {
                    yield return inner;
                }
            }
            else
            {
                yield return (key, property.GetValue(defaults));
            }
        }
    }

    /// <summary>A default as the documentation writes it.</summary>
    public static string Shown(object? value) => value switch
    {
        null => "none",
        bool flag => flag ? "true" : "false",
        Enum name => JsonNamingPolicy.CamelCase.ConvertName(name.ToString()),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private static object Bind(Type type, IConfiguration configuration, string prefix)
    {
        var result = Activator.CreateInstance(type)!;
        var properties = Settable(type).ToDictionary(Name, StringComparer.OrdinalIgnoreCase);
        foreach (var entry in configuration.GetChildren())
        {
            var key = prefix + entry.Key;
            if (!properties.TryGetValue(entry.Key, out var property))
            {
                throw new StartRefusedException($"{key} is not a setting; docs/configuration.md lists them all.");
            }

            if (IsSection(property.PropertyType))
            {
                property.SetValue(result, Section(property, entry, prefix + Name(property)));
            }
            else if (entry.GetChildren().Any())
            {
                throw new StartRefusedException($"{key} takes a single value, not a list or an object.");
            }
            else if (entry.Value is { } text)
            {
                property.SetValue(result, Value(property, text, prefix + Name(property)));
            }
        }

        return result;
    }

    private static object Section(PropertyInfo property, IConfigurationSection entry, string key) => string.IsNullOrEmpty(entry.Value)
        ? Bind(property.PropertyType, entry, key + ".")
        : throw new StartRefusedException($"{key} is a section: it takes an object, not '{entry.Value}'.");

    private static object Value(PropertyInfo property, string text, string key)
    {
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        var value = Parse(type, text) ?? throw new StartRefusedException($"{key} must be {Wanted(type)}, not '{text}'.");
        if (property.GetCustomAttribute<RangeAttribute>() is { } range && !range.IsValid(value))
        {
            throw new StartRefusedException($"{key} must be from {range.Minimum} to {range.Maximum}, not {text}.");
        }

        return value;
    }

    private static object? Parse(Type type, string text)
    {
        if (type == typeof(string))
        {
            return text;
        }

        if (type == typeof(bool))
        {
            return bool.TryParse(text, out var flag) ? flag : null;
        }

        if (type == typeof(int))
        {
            return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;
        }

        return !int.TryParse(text, out _) && Enum.TryParse(type, text, ignoreCase: true, out var name) ? name : null;
    }

    private static string Wanted(Type type)
    {
        if (type.IsEnum)
        {
            return "one of " + string.Join(", ", Enum.GetNames(type).Select(JsonNamingPolicy.CamelCase.ConvertName));
        }

        return type == typeof(bool) ? "true or false" : "a whole number";
    }

    private static IEnumerable<PropertyInfo> Settable(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite);

    private static string Name(PropertyInfo property) => JsonNamingPolicy.CamelCase.ConvertName(property.Name);

    private static bool IsSection(Type type) => type.IsClass && type != typeof(string);
}
