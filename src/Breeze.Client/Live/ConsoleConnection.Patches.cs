using System.Collections.Concurrent;
using Breeze.Contracts.Live;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;

namespace Breeze.Client.Live;

/// <summary>Following patch jobs and organizations' compliance; like deployments, but every message is the whole state.</summary>
public sealed partial class ConsoleConnection
{
    // The latest version seen of each; what is older is dropped.
    private readonly ConcurrentDictionary<Guid, long> _jobs = new();
    private readonly ConcurrentDictionary<Guid, long> _organizations = new();
    private readonly ConcurrentDictionary<Guid, long> _deciding = new();

    /// <summary>A newer state of a followed job.</summary>
    public event Action<JobProgress>? JobProgressed;

    /// <summary>A followed organization's compliance changed.</summary>
    public event Action<ComplianceChanged>? ComplianceChanged;

    /// <summary>A followed organization decided about patches, or a deferral ended; after a lost connection with <c>More</c>.</summary>
    public event Action<ApprovalsChanged>? ApprovalsChanged;

    /// <summary>The job's state now; every later one is raised.</summary>
    /// <exception cref="BreezeException">Unknown, or not to be seen with this key; the two are alike.</exception>
    public async Task<JobProgress> SubscribeJob(Guid jobId, CancellationToken cancel = default)
    {
        var now = await Call<JobProgress>(PatchHubMethods.SubscribeJob, new SubscribeJobRequest(jobId), cancel);
        _jobs.AddOrUpdate(jobId, now.Version, (_, seen) => Math.Max(seen, now.Version));
        return now;
    }

    /// <summary>How the organization stands now; changes are raised, at most one a second.</summary>
    /// <inheritdoc cref="SubscribeJob"/>
    public async Task<ComplianceChanged> SubscribeCompliance(Guid orgId, CancellationToken cancel = default)
    {
        var now = await Call<ComplianceChanged>(PatchHubMethods.SubscribeCompliance, new SubscribeComplianceRequest(orgId), cancel);
        _organizations.AddOrUpdate(orgId, Version(now), (_, seen) => Math.Max(seen, Version(now)));
        return now;
    }

    /// <summary>From now on decisions of the organization are raised, at most one message a second.</summary>
    /// <inheritdoc cref="SubscribeJob"/>
    public async Task<ApprovalsChanged> SubscribeApprovals(Guid orgId, CancellationToken cancel = default)
    {
        var now = await Call<ApprovalsChanged>(PatchHubMethods.SubscribeApprovals, new SubscribeApprovalsRequest(orgId), cancel);
        _deciding[orgId] = 0;
        return now;
    }

    public async Task UnsubscribeApprovals(Guid orgId, CancellationToken cancel = default)
    {
        if (_deciding.TryRemove(orgId, out _) && _hub.State == HubConnectionState.Connected)
        {
            await _hub.InvokeAsync(PatchHubMethods.UnsubscribeApprovals, new SubscribeApprovalsRequest(orgId), cancel);
        }
    }

    public async Task UnsubscribeJob(Guid jobId, CancellationToken cancel = default)
    {
        if (_jobs.TryRemove(jobId, out _) && _hub.State == HubConnectionState.Connected)
        {
            await _hub.InvokeAsync(PatchHubMethods.UnsubscribeJob, new SubscribeJobRequest(jobId), cancel);
        }
    }

    public async Task UnsubscribeCompliance(Guid orgId, CancellationToken cancel = default)
    {
        if (_organizations.TryRemove(orgId, out _) && _hub.State == HubConnectionState.Connected)
        {
            await _hub.InvokeAsync(PatchHubMethods.UnsubscribeCompliance, new SubscribeComplianceRequest(orgId), cancel);
        }
    }

    private void HearOfPatches()
    {
        _hub.On<JobProgress>(PatchHubMethods.JobProgress, message =>
        {
            if (IsNewer(_jobs, message.JobId, message.Version))
            {
                JobProgressed?.Invoke(message);
            }
        });
        _hub.On<ApprovalsChanged>(PatchHubMethods.ApprovalsChanged, message =>
        {
            if (_deciding.ContainsKey(message.OrgId))
            {
                ApprovalsChanged?.Invoke(message);
            }
        });
        _hub.On<ComplianceChanged>(PatchHubMethods.ComplianceChanged, message =>
        {
            if (IsNewer(_organizations, message.OrgId, Version(message)))
            {
                ComplianceChanged?.Invoke(message);
            }
        });
    }

    // Another silo may count from a lower version: what is answered now is the state, whatever was seen before.
    private async Task ComeBackToPatches()
    {
        foreach (var job in _jobs.Keys)
        {
            _jobs[job] = -1;
            await Again(_jobs, job, async () => JobProgressed?.Invoke(await SubscribeJob(job, _closing.Token)));
        }

        foreach (var org in _organizations.Keys)
        {
            _organizations[org] = -1;
            await Again(_organizations, org, async () => ComplianceChanged?.Invoke(await SubscribeCompliance(org, _closing.Token)));
        }

        // Decisions in the gap were not told: whoever lists patches has to ask again.
        foreach (var org in _deciding.Keys)
        {
            await Again(_deciding, org, async () => ApprovalsChanged?.Invoke(await SubscribeApprovals(org, _closing.Token) with { More = true }));
        }
    }

    private async Task Again(ConcurrentDictionary<Guid, long> followed, Guid id, Func<Task> subscribe)
    {
        try
        {
            await subscribe();
        }
        catch (BreezeException gone) when (gone.Status is not null)
        {
            followed.TryRemove(id, out _);
            Lost?.Invoke(id, gone);
        }
        catch (Exception again) when (again is BreezeException or OperationCanceledException)
        {
            // Lost once more on the way, or closing: the next reconnect comes back here.
        }
    }

    private async Task<T> Call<T>(string method, object request, CancellationToken cancel)
    {
        try
        {
            return await _hub.InvokeAsync<T>(method, request, cancel);
        }
        catch (HubException refused)
        {
            throw new BreezeException(Sentence(refused.Message), 404, inner: refused);
        }
        catch (Exception failed) when (!cancel.IsCancellationRequested)
        {
            throw new BreezeException("The live connection was lost.", inner: failed);
        }
    }

    private static bool IsNewer(ConcurrentDictionary<Guid, long> followed, Guid id, long version)
    {
        while (followed.TryGetValue(id, out var seen) && version > seen)
        {
            if (followed.TryUpdate(id, version, seen))
            {
                return true;
            }
        }

        return false;
    }

    private static long Version(ComplianceChanged message) => message.AsOf.ToUnixTimeMilliseconds();
}
