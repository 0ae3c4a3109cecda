using System.Text.Json;
using Breeze.Contracts.Agents;
using Breeze.Silo.Access;
using Microsoft.AspNetCore.SignalR;

namespace Breeze.Silo.Agents;

/// <summary>The agents' hub, <c>/hubs/agent</c>: a thin skin over <see cref="AgentConnection"/>.</summary>
/// <remarks>Methods answer when what they did is committed; an error means it is unknown, and the agent repeats the message.</remarks>
[RequireDevice]
public sealed class AgentHub(AgentConnections connections, IHubContext<AgentHub> hub) : Hub
{
    private static readonly object Key = new();

    private AgentConnection Connection => (AgentConnection)Context.Items[Key]!;

    public override Task OnConnectedAsync()
    {
        var device = Context.User!.Identities.OfType<DeviceIdentity>().Single().Device;
        var channel = new HubAgentChannel(hub.Clients.Client(Context.ConnectionId), Context);
        Context.Items[Key] = connections.Attach(device, channel);
        return base.OnConnectedAsync();
    }

    public override async Task OnDisconnectedAsync(Exception? exception)
    {
        if (Context.Items.TryGetValue(Key, out var connection))
        {
            await ((AgentConnection)connection!).Ended();
            if (exception is InvalidDataException)
            {
                await ((AgentConnection)connection!).SentTooMuch();
            }
        }

        await base.OnDisconnectedAsync(exception);
    }

    public Task<HelloAnswer> Hello(Hello message) => Answer(message, Connection.Hello);

    public Task<AcceptAnswer> Accepted(Accepted message) => Answer(message, Connection.Accepted);

    public Task<Acknowledged> Result(Result message) => Answer(message, Connection.Result);

    public Task Progress(Progress message) => Answer(message, m =>
    {
        Connection.Progress(m);
        return Task.FromResult(true);
    });

    public Task<Acknowledged> ReportInventory(ReportInventory message) => Answer(message, Connection.ReportInventory);

    // As it comes: what cannot be read is audited, where a typed parameter would be refused before anybody saw it.
    public Task<Acknowledged> ReportPatches(JsonElement message) => Answer(message, Connection.ReportPatches);

    private static async Task<TAnswer> Answer<TMessage, TAnswer>(TMessage? message, Func<TMessage, Task<TAnswer>> take)
    {
        try
        {
            return message is null ? throw new AgentRefusedException("The message is empty.") : await take(message);
        }
        catch (AgentRefusedException refused)
        {
            throw new HubException(refused.Message);
        }
    }
}
