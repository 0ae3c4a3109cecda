using Breeze.Core;

namespace Breeze.Silo.Jobs;

/// <summary>When a job or rollback is to start, as a caller may ask for it.</summary>
internal static class StartTime
{
    private const int MostDays = 366;

    /// <summary>Refused (400): more than a year ahead, which is a slip of the pen. The past means now.</summary>
    public static Refusal? Refuse(DateTimeOffset? at, DateTimeOffset now, string field) =>
        at - now > TimeSpan.FromDays(MostDays) ? Refusal.Invalid($"{field} lies more than {MostDays} days ahead.", field) : null;
}
