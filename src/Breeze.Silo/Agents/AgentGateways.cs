using Breeze.Core;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Agents;

/// <summary>Brings commands and closings to the silo that holds a device's socket: this one directly, others by their gateways.</summary>
public sealed partial class AgentGateways : ICommandDelivery
{
    private const int BatchSize = 500;

    private readonly IServiceProvider _services;
    private readonly IDatabase _database;
    private readonly SiloLease _lease;
    private readonly TimeProvider _clock;
    private readonly ILogger<AgentGateways> _logger;
    private readonly Lazy<LocalAgents> _local;
    private readonly Lazy<AgentGatewayClient> _remote;

    public AgentGateways(IServiceProvider services, IDatabase database, SiloLease lease, TimeProvider clock, ILogger<AgentGateways> logger)
    {
        (_services, _database, _lease, _clock, _logger) = (services, database, lease, clock, logger);
        _local = new(() => _services.GetRequiredService<LocalAgents>());
        _remote = new(() => _services.GetRequiredService<AgentGatewayClient>());
    }

    public Task Deliver(IReadOnlyList<OutgoingCommand> commands) => Task.WhenAll(commands.GroupBy(c => c.SiloId).Select(group => Try(
        group.Key,
        async () =>
        {
            if (group.Key == _lease.SiloId)
            {
                await _local.Value.Send([.. group]);
                return;
            }

            foreach (var batch in group.Chunk(BatchSize))
            {
                await Gateway(group.Key).Send(new([.. batch]));
            }
        })));

    public Task Cancel(IReadOnlyList<CancelTarget> commands) => Task.WhenAll(commands.GroupBy(c => c.SiloId).Select(group => Try(
        group.Key,
        async () =>
        {
            if (group.Key == _lease.SiloId)
            {
                _local.Value.Cancel([.. group]);
                return;
            }

            foreach (var batch in group.Chunk(BatchSize))
            {
                await Gateway(group.Key).Cancel(new([.. batch]));
            }
        })));

    public async Task Wake(IReadOnlyList<DeviceId> devices)
    {
        await Try("all", async () =>
        {
            var presence = await _database.Read(connection => PresenceQueries.Of(connection, null, devices, _clock.GetUtcNow()));
            var online = presence.Values.Where(p => p.SiloId is not null).ToLookup(p => p.SiloId!, p => p.DeviceId);
            await Task.WhenAll(online.Select(group => Try(group.Key, () => WakeOn(group.Key, [.. group]))));
        });
    }

    /// <summary>Ends a connection wherever it is, without waiting; a silo that is gone has ended it already.</summary>
    internal void Close(string siloId, DeviceId device, long epoch, string reason) => _ = Try(siloId, () =>
    {
        if (siloId != _lease.SiloId)
        {
            return Gateway(siloId).Close(device, epoch, reason);
        }

        _local.Value.Close(device, epoch, reason);
        return Task.CompletedTask;
    });

    private Task WakeOn(string siloId, List<DeviceId> devices)
    {
        if (siloId != _lease.SiloId)
        {
            return Gateway(siloId).Wake(new(devices));
        }

        _local.Value.Wake(devices);
        return Task.CompletedTask;
    }

    private IAgentGateway Gateway(string siloId) => _remote.Value.Of(SiloAddress.FromParsableString(siloId));

    private async Task Try(string siloId, Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // A silo that just died: its devices connect elsewhere and get what waits for them there.
            LogUnreachable(error, siloId);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The agents of silo {SiloId} were not reached")]
    private partial void LogUnreachable(Exception error, string siloId);
}
