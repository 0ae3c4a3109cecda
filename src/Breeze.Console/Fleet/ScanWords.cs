using Breeze.Console.Shell;
using Breeze.Contracts.Patches;

namespace Breeze.Console.Fleet;

/// <summary>What became of a request to scan, as a sentence.</summary>
public static class ScanWords
{
    public static string Of(PatchScanAnswer answer)
    {
        List<string> parts = [$"A scan is asked of {Number.Of(answer.DeviceCount, "device")}"];
        if (answer.PendingCommandIds.Count > 0)
        {
            parts.Add($"{Number.Of(answer.PendingCommandIds.Count)} of them when they connect");
        }

        if (answer.FailedDeviceIds.Count > 0)
        {
            parts.Add($"{Number.Of(answer.FailedDeviceIds.Count)} cannot be scanned");
        }

        if (answer.Skipped.MissingDeviceIds.Count + answer.Skipped.InaccessibleDeviceIds.Count is > 0 and var skipped)
        {
            parts.Add($"{Number.Of(skipped)} are not there");
        }

        return string.Join("; ", parts) + ".";
    }
}
