using System.Collections;

namespace Breeze.Silo.Hosting;

/// <summary>Where settings come from, the later over the earlier: the file, the environment, the arguments.</summary>
public static class SettingsSources
{
    private const string EnvironmentPrefix = "BREEZE__";
    private const string DefaultFile = "silo.json";

    /// <summary>Reads and checks everything.</summary>
    /// <param name="args"><c>--config FILE</c> (silo.json, if it is there), <c>--data DIR</c>, <c>--urls URLS</c>, <c>--section:key value</c>.</param>
    /// <param name="environment">Of these only names that begin with <c>BREEZE__</c> are looked at.</param>
    /// <exception cref="StartRefusedException">With a sentence that names the key or argument at fault.</exception>
    public static SiloSettings Load(IReadOnlyList<string> args, IDictionary environment)
    {
        var arguments = Arguments(args);
        var file = arguments.Remove("config", out var given) ? given : null;
        var builder = new ConfigurationBuilder();
        foreach (var source in new[] { FromFile(file), FromEnvironment(environment), arguments })
        {
            builder.AddInMemoryCollection(Lengthen(source));
        }

        var settings = SettingsBinder.Bind<SiloSettings>(builder.Build());
        return settings.Contradiction() is { } sentence ? throw new StartRefusedException(sentence) : settings;
    }

    /// <summary>"storage": "postgres" is short for { "engine": "postgres" }.</summary>
    private static Dictionary<string, string?> Lengthen(Dictionary<string, string?> source)
    {
        if (source.TryGetValue("storage", out var engine) && !string.IsNullOrEmpty(engine))
        {
            source.Remove("storage");
            source.TryAdd("storage:engine", engine);
        }

        return source;
    }

    private static Dictionary<string, string?> FromFile(string? file)
    {
        var path = Path.GetFullPath(file ?? DefaultFile);
        if (!File.Exists(path))
        {
            return file is null ? [] : throw new StartRefusedException($"--config names {path}, which does not exist.");
        }

        try
        {
            return new ConfigurationBuilder().AddJsonFile(path, optional: false, reloadOnChange: false).Build().AsEnumerable()
                .ToDictionary(StringComparer.OrdinalIgnoreCase);
        }
        catch (Exception e) when (e is InvalidDataException or FormatException)
        {
            throw new StartRefusedException($"{path} cannot be read: {(e.InnerException ?? e).Message.ReplaceLineEndings(" ")}", e);
        }
    }

    private static Dictionary<string, string?> FromEnvironment(IDictionary environment) => environment
        .Cast<DictionaryEntry>()
        .Where(e => ((string)e.Key).StartsWith(EnvironmentPrefix, StringComparison.Ordinal))
        .ToDictionary(
            e => ((string)e.Key)[EnvironmentPrefix.Length..].Replace("__", ":", StringComparison.Ordinal),
            e => (string?)e.Value,
            StringComparer.OrdinalIgnoreCase);

    private static Dictionary<string, string?> Arguments(IReadOnlyList<string> args)
    {
        var found = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < args.Count; i++)
        {
            if (!args[i].StartsWith("--", StringComparison.Ordinal) || args[i].Length == 2)
            {
                throw new StartRefusedException($"The argument '{args[i]}' is not known; use --config, --data, --urls or --section:key value.");
            }

            var (name, value) = args[i].IndexOf('=', StringComparison.Ordinal) is var at and > 0
                ? (args[i][2..at], args[i][(at + 1)..])
                : (args[i][2..], ++i < args.Count ? args[i] : throw new StartRefusedException($"The argument {args[i - 1]} has no value."));
            if (name.ToLowerInvariant() is not ("config" or "data" or "urls" or "storage") && !name.Contains(':', StringComparison.Ordinal))
            {
                throw new StartRefusedException($"The argument --{name} is not known; use --config, --data, --urls or --section:key value.");
            }

            if (!found.TryAdd(name, value))
            {
                throw new StartRefusedException($"The argument --{name} is given twice.");
            }
        }

        return found;
    }
}
