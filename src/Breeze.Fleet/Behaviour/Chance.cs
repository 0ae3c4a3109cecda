namespace Breeze.Fleet.Behaviour;

/// <summary>Numbers that look random and are the same for the same question, on every machine, in every order.</summary>
/// <remarks>SplitMix64 (Steele, Lea, Flood 2014) over the question's parts; no state, so a million devices need no generator each.</remarks>
public static class Chance
{
    /// <summary>From 0 up to, not including, 1.</summary>
    public static double Of(int seed, int device, int attempt, Question question)
    {
        var mixed = Mix(Mix(Mix(Mix((ulong)(uint)seed) + (uint)device) + (uint)attempt) + (ulong)question);
        return (mixed >> 11) * (1.0 / (1UL << 53));
    }

    private static ulong Mix(ulong value)
    {
        value += 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}

/// <summary>What is asked of <see cref="Chance"/>; each has its own numbers, so that turning one knob moves no other.</summary>
public enum Question
{
    Outcome = 1,
    Duration = 2,
    Offline = 3,
    Flaps = 4,
    ConnectionLife = 5,
    Duplicate = 6,
    Late = 7,
    Lie = 8,
    Platform = 9,
    Reconnect = 10,
    PatchChoice = 11,
    PatchOffered = 12,
    PatchReboot = 13,
    PatchOutcome = 14,
    PatchSeverity = 15,
    ScanIncomplete = 16,
}
