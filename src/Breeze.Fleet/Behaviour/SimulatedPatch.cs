using System.Globalization;
using Breeze.Contracts.Agents;

namespace Breeze.Fleet.Behaviour;

/// <summary>One patch of the simulated world; everything about it follows from its source, its number and the seed.</summary>
public sealed record SimulatedPatch(string Source, int Number)
{
    private static readonly string[] Severities = ["critical", "important", "important", "moderate", "moderate", "moderate", "low", "low", "unknown"];

    public string ExternalId => Source switch
    {
        PatchSources.Microsoft => $"kb{5_000_000 + Number}",
        PatchSources.ThirdParty => $"winget:Vendor.Application{Number}=2.{Number}",
        PatchSources.Apple => $"apple:Update {Number}=1.{Number}",
        _ => $"apt:package{Number}:amd64=1.{Number}-1",
    };

    public string Version => string.Create(CultureInfo.InvariantCulture, $"1.{Number}");

    /// <summary>As a device reports it.</summary>
    /// <param name="behaviour">Says whether it wants a restart.</param>
    /// <param name="seed">The fleet's.</param>
    /// <param name="isOffered">Then it says which version is there now.</param>
    public ReportedPatch Report(PatchBehaviour behaviour, int seed, bool isOffered)
    {
        var severity = Severities[(int)(Chance.Of(seed, 0, Number, Question.PatchSeverity) * Severities.Length)];
        return new ReportedPatch(
            ExternalId,
            $"Simulated update {Number} of {Source}",
            Version,
            severity,
            isOffered ? "1.0" : null,
            severity is "critical" or "important" ? "security" : "updates",
            null,
            behaviour.WantsReboot(seed, Number),
            100_000 + (Number * 1_000L),
            new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddDays(Number % 300));
    }
}
