namespace Breeze.Core.Patches;

/// <summary>The arithmetic of compliance, the same for the live summary and for reports.</summary>
public static class ComplianceScore
{
    /// <summary>Installed of all rows, 0 to 100, two decimals, half away from zero; no rows are 100 (contract, section 3).</summary>
    /// <remarks>100 only when everything is installed, and 0 only when nothing is: rounding hides neither the last nor the first patch.</remarks>
    public static decimal Percent(long installed, long total)
    {
        if (total == 0 || installed == total)
        {
            return 100m;
        }

        var rounded = Math.Round(100m * installed / total, 2, MidpointRounding.AwayFromZero);
        return installed == 0 ? 0m : Math.Clamp(rounded, 0.01m, 99.99m);
    }
}
