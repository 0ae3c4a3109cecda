using System.Globalization;

namespace Breeze.Console.Deployments;

/// <summary>When each batch starts at the earliest, before the server has resolved anything.</summary>
/// <param name="Batches">The number of batches.</param>
/// <param name="Largest">Devices of every batch but the last.</param>
/// <param name="Last">Devices of the last batch.</param>
public sealed record RolloutForecast(int Batches, int Largest, int Last)
{
    /// <param name="batchSize">"50" or "10%"; a percentage is of all devices, rounded up, at least one.</param>
    /// <returns>Null while the size cannot be read or there is no device.</returns>
    public static RolloutForecast? Of(int devices, string batchSize)
    {
        if (devices < 1 || Size(devices, batchSize.Trim()) is not { } size || size < 1)
        {
            return null;
        }

        size = Math.Min(size, devices);
        var batches = (devices + size - 1) / size;
        return new RolloutForecast(batches, size, devices - (size * (batches - 1)));
    }

    private static int? Size(int devices, string text)
    {
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count))
        {
            return count;
        }

        return text.EndsWith('%') && decimal.TryParse(text[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var percent) && percent is > 0 and <= 100
            ? Math.Max(1, (int)Math.Ceiling(devices * percent / 100))
            : null;
    }
}
