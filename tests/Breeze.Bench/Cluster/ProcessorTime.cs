using System.Globalization;

namespace Breeze.Bench.Cluster;

/// <summary>What processes have cost so far, as the kernel counts it in <c>/proc</c>.</summary>
internal static class ProcessorTime
{
    // The kernel's unit in these files, on every Linux that .NET runs on.
    private const double TicksPerSecond = 100;

    /// <summary>Processor seconds of these processes, of all their threads.</summary>
    public static double Of(IEnumerable<int> processes) => processes.Sum(process => Ticks(Fields(process))) / TicksPerSecond;

    /// <summary>Processor seconds of a server and its child processes, those that have ended included.</summary>
    public static double OfTree(int parent)
    {
        var ended = Fields(parent);
        var children = Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), out var process) ? Fields(process) : [])
            .Where(fields => fields is [_, var father, ..] && father == parent.ToString(CultureInfo.InvariantCulture));
        return (Ticks(ended) + Number(ended, 13) + Number(ended, 14) + children.Sum(Ticks)) / TicksPerSecond;
    }

    /// <summary>Bytes of memory that these processes have resident.</summary>
    public static long Resident(IEnumerable<int> processes) => processes.Sum(process => File.ReadLines($"/proc/{process}/status")
        .Where(line => line.StartsWith("VmRSS:", StringComparison.Ordinal))
        .Sum(line => long.Parse(line[6..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture) * 1024));

    private static double Ticks(string[] fields) => Number(fields, 11) + Number(fields, 12);

    private static double Number(string[] fields, int at) => at < fields.Length ? double.Parse(fields[at], CultureInfo.InvariantCulture) : 0;

    // What follows the name: state, parent and so on; none for a process that has ended meanwhile.
    private static string[] Fields(int process)
    {
        try
        {
            var line = File.ReadAllText($"/proc/{process}/stat");
            return line[(line.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return [];
        }
    }
}
