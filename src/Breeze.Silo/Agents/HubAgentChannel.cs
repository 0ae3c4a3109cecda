using System.Threading.Channels;
using Breeze.Contracts.Agents;
using Microsoft.AspNetCore.SignalR;

namespace Breeze.Silo.Agents;

/// <summary>A socket: a short queue before it, so that a slow device slows nobody but itself.</summary>
internal sealed class HubAgentChannel : IAgentChannel
{
    private const int Room = 64;
    private static readonly TimeSpan GoodbyePatience = TimeSpan.FromSeconds(2);

    private readonly Channel<(string Method, object Message)> _queue = Channel.CreateBounded<(string, object)>(
        new BoundedChannelOptions(Room) { SingleReader = true });

    private readonly ISingleClientProxy _client;
    private readonly HubCallerContext _socket;

    public HubAgentChannel(ISingleClientProxy client, HubCallerContext socket)
    {
        (_client, _socket) = (client, socket);
        _ = Pump();
    }

    public bool TrySend(Command command) => _queue.Writer.TryWrite((AgentMethods.Command, command));

    public bool TryCancel(CancelCommand cancel) => _queue.Writer.TryWrite((AgentMethods.CancelCommand, cancel));

    public void Close(Reconnect goodbye)
    {
        if (_queue.Writer.TryComplete())
        {
            _ = SayGoodbye(goodbye);
        }
    }

    // A device that does not read must not keep its socket by that.
    private async Task SayGoodbye(Reconnect goodbye)
    {
        try
        {
            await _client.SendAsync(AgentMethods.Reconnect, goodbye).WaitAsync(GoodbyePatience);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // It is being closed anyway.
        }
        finally
        {
            _socket.Abort();
        }
    }

    private async Task Pump()
    {
        try
        {
            await foreach (var (method, message) in _queue.Reader.ReadAllAsync(_socket.ConnectionAborted))
            {
                await _client.SendAsync(method, message, _socket.ConnectionAborted);
            }
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // The socket is gone, or a message was lost on its way into it: either way the connection is over and its commands are sent again.
            _queue.Writer.TryComplete();
            _socket.Abort();
        }
    }
}
