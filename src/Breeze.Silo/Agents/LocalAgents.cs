using System.Threading.Channels;
using Breeze.Core;

namespace Breeze.Silo.Agents;

/// <summary>Sends to this silo's connections: signing is spread over the cores and bounded.</summary>
/// <remarks>Commands of one device go through one worker, so that they leave in the order in which they came.</remarks>
public sealed class LocalAgents : IAsyncDisposable
{
    private const int QueuePerWorker = 4_096;

    private readonly AgentConnections _connections;
    private readonly SiloLease _lease;
    private readonly Channel<OutgoingCommand>[] _queues;
    private readonly Task[] _workers;

    public LocalAgents(AgentConnections connections, SiloLease lease)
    {
        (_connections, _lease) = (connections, lease);
        _queues = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => Channel.CreateBounded<OutgoingCommand>(
            new BoundedChannelOptions(QueuePerWorker) { SingleReader = true }))];
        _workers = [.. _queues.Select(q => Task.Run(() => Work(q.Reader)))];
    }

    /// <summary>Takes the commands into the queues; waits when they are full, so that whoever sends slows down.</summary>
    public async Task Send(IReadOnlyList<OutgoingCommand> commands)
    {
        foreach (var command in commands)
        {
            AgentMetrics.Queued(1);
            var queue = _queues[(uint)command.DeviceId.GetHashCode() % _queues.Length];
            if (!queue.Writer.TryWrite(command))
            {
                await queue.Writer.WriteAsync(command);
            }
        }
    }

    public void Cancel(IReadOnlyList<CancelTarget> commands)
    {
        foreach (var command in commands)
        {
            _connections.Find(command.DeviceId)?.Cancel(command.Id);
        }
    }

    public void Close(DeviceId device, long epoch, string reason)
    {
        if (_connections.Find(device) is { } connection && connection.Epoch <= epoch)
        {
            connection.Close(reason);
        }
    }

    public void Wake(IReadOnlyList<DeviceId> devices)
    {
        foreach (var device in devices)
        {
            if (_connections.Find(device) is not null)
            {
                _connections.DeliverWaiting(device);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var queue in _queues)
        {
            queue.Writer.TryComplete();
        }

        await Task.WhenAll(_workers);
    }

    private async Task Work(ChannelReader<OutgoingCommand> queue)
    {
        await foreach (var command in queue.ReadAllAsync())
        {
            AgentMetrics.Queued(-1);
            // A silo that others may think dead stops sending: what it holds is sent by the resend loop of another.
            if (_lease.IsHeld)
            {
                _connections.Find(command.DeviceId)?.Send(command);
            }
        }
    }
}
