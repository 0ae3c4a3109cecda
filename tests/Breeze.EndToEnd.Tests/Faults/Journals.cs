using System.Text.Json;

namespace Breeze.EndToEnd.Tests.Faults;

/// <summary>What the devices did, by their own journals: read from the files, line by line, by nobody who wrote them.</summary>
/// <param name="Device">Which device ran it.</param>
/// <param name="Starts">How often it was begun.</param>
/// <param name="Status">Its last end; null where there is none.</param>
public sealed record JournalledCommand(Guid Device, int Starts, string? Status)
{
    /// <summary>Every command that a journal names.</summary>
    public static Dictionary<Guid, JournalledCommand> Read(IEnumerable<string> files)
    {
        var commands = new Dictionary<Guid, JournalledCommand>();
        foreach (var line in files.SelectMany(File.ReadLines))
        {
            JsonElement entry;
            try
            {
                entry = JsonDocument.Parse(line).RootElement;
            }
            catch (JsonException)
            {
                // Empty, or torn when its process was killed.
                continue;
            }

            var command = entry.GetProperty("commandId").GetGuid();
            var device = entry.GetProperty("deviceId").GetGuid();
            var known = commands.GetValueOrDefault(command) ?? new JournalledCommand(device, 0, null);
            commands[command] = entry.TryGetProperty("status", out var status)
                ? known with { Status = status.ToString() }
                : known with { Starts = known.Starts + 1 };
        }

        return commands;
    }
}
