using Breeze.Client;
using Breeze.Client.Live;
using Breeze.Console.Access;
using Breeze.Contracts.Live;

namespace Breeze.Console.Live;

/// <summary>The page's one live connection, opened when something is first followed.</summary>
/// <remarks>Events are raised as messages come: who listens renders at its own pace.</remarks>
public sealed class LiveHub
{
    private readonly BreezeClient _client;
    private readonly CurrentSession _session;
    private ConsoleConnection? _connection;
    private Task<ConsoleConnection>? _opening;

    public LiveHub(BreezeClient client, CurrentSession session)
    {
        (_client, _session) = (client, session);
        session.Changed += () =>
        {
            if (session.Now is null)
            {
                _ = Close();
            }
        };
    }

    public event Action<DeploymentProgress>? Progressed;

    public event Action<DevicesChanged>? DevicesChanged;

    public event Action<JobProgress>? JobProgressed;

    public event Action<ComplianceChanged>? ComplianceChanged;

    public event Action<ApprovalsChanged>? ApprovalsChanged;

    /// <summary>The connection was away and is back: what lists show of this deployment may be old.</summary>
    public event Action<Guid>? Missed;

    /// <summary>What was followed can no longer be.</summary>
    public event Action<Guid, BreezeException>? Lost;

    /// <summary><see cref="IsAway"/> changed.</summary>
    public event Action? ConnectionChanged;

    /// <summary>True while a connection that was there is being sought again.</summary>
    public bool IsAway { get; private set; }

    public async Task<DeploymentProgress> FollowDeployment(Guid id) => await (await Open()).Subscribe(id);

    public async Task<JobProgress> FollowJob(Guid id) => await (await Open()).SubscribeJob(id);

    public async Task<ComplianceChanged> FollowCompliance(Guid orgId) => await (await Open()).SubscribeCompliance(orgId);

    public async Task FollowApprovals(Guid orgId) => await (await Open()).SubscribeApprovals(orgId);

    public Task LeaveDeployment(Guid id) => Quietly(c => c.Unsubscribe(id));

    public Task LeaveJob(Guid id) => Quietly(c => c.UnsubscribeJob(id));

    public Task LeaveCompliance(Guid orgId) => Quietly(c => c.UnsubscribeCompliance(orgId));

    public Task LeaveApprovals(Guid orgId) => Quietly(c => c.UnsubscribeApprovals(orgId));

    private async Task<ConsoleConnection> Open()
    {
        if (_connection is { } open)
        {
            return open;
        }

        try
        {
            return await (_opening ??= Connect());
        }
        finally
        {
            _opening = null;
        }
    }

    private async Task<ConsoleConnection> Connect()
    {
        var connection = _client.Live();
        connection.Progressed += message => Progressed?.Invoke(message);
        connection.DevicesChanged += message => DevicesChanged?.Invoke(message);
        connection.JobProgressed += message => JobProgressed?.Invoke(message);
        connection.ComplianceChanged += message => ComplianceChanged?.Invoke(message);
        connection.ApprovalsChanged += message => ApprovalsChanged?.Invoke(message);
        connection.DevicesMissed += id => Missed?.Invoke(id);
        connection.Lost += (id, why) => Lost?.Invoke(id, why);
        connection.SessionEnded += _ => _session.Ended();
        connection.ConnectionChanged += isThere =>
        {
            IsAway = !isThere;
            ConnectionChanged?.Invoke();
        };
        try
        {
            await connection.Start();
        }
        catch (BreezeException)
        {
            await connection.DisposeAsync();
            throw;
        }

        _connection = connection;
        if (IsAway)
        {
            IsAway = false;
            ConnectionChanged?.Invoke();
        }

        return connection;
    }

    private async Task Quietly(Func<ConsoleConnection, Task> leave)
    {
        if (_connection is not { } connection)
        {
            return;
        }

        try
        {
            await leave(connection);
        }
        catch (Exception gone) when (gone is not OutOfMemoryException)
        {
            // What is not connected follows nothing.
        }
    }

    private async Task Close()
    {
        if (Interlocked.Exchange(ref _connection, null) is { } connection)
        {
            IsAway = false;
            await connection.DisposeAsync();
        }
    }
}
