using System.ComponentModel.DataAnnotations;

namespace Breeze.Silo.Hosting;

/// <summary>The section <c>retention</c> of <c>silo.json</c>: for how many days what is over is kept. 0 keeps it for ever.</summary>
/// <remarks>Ages count in whole days of UTC. What is not over is never deleted, however old it is.</remarks>
public sealed record RetentionSettings
{
    /// <summary>Deployments, patch jobs and rollbacks that ended, with their records, attempts and results.</summary>
    [Range(0, 36_500)]
    public int RunDays { get; init; } = 90;

    /// <summary>Ended commands that belong to no deployment or job: scans, restarts.</summary>
    [Range(0, 36_500)]
    public int CommandDays { get; init; } = 90;

    /// <summary>Lines of the audit log. What is left of a chain still verifies.</summary>
    [Range(0, 36_500)]
    public int AuditDays { get; init; } = 400;

    /// <summary>Finished compliance reports and their files.</summary>
    [Range(0, 36_500)]
    public int ReportDays { get; init; } = 30;

    /// <summary>What became of each day of a policy's schedule.</summary>
    [Range(0, 36_500)]
    public int OccurrenceDays { get; init; } = 400;
}
