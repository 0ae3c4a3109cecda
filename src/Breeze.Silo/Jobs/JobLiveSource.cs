using Breeze.Contracts.Live;
using Breeze.Core.Access;
using Breeze.Silo.Live;

namespace Breeze.Silo.Jobs;

/// <summary>What the console hub asks of patch jobs.</summary>
internal sealed class JobLiveSource(JobQueries queries, TimeProvider clock) : IJobLiveSource
{
    public async Task<JobProgress?> Find(OrgScope scope, Guid job) => await queries.Find(scope, job) is { } now
        ? new(
            job, now.Status, now.DevicesTotal, now.DevicesCompleted, now.DevicesFailed, now.DevicesSkipped, now.DevicesPending,
            clock.GetUtcNow().ToUnixTimeMilliseconds())
        : null;
}
