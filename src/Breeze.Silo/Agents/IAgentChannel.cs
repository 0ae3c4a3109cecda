using Breeze.Contracts.Agents;

namespace Breeze.Silo.Agents;

/// <summary>The way to one agent: a socket, or in-process agents of a benchmark.</summary>
/// <remarks>Nothing here waits: what does not fit is dropped and sent again later.</remarks>
public interface IAgentChannel
{
    /// <returns>False: full or closed.</returns>
    bool TrySend(Command command);

    /// <returns>False: full or closed.</returns>
    bool TryCancel(CancelCommand cancel);

    /// <summary>Says goodbye and ends; a repeat does nothing.</summary>
    void Close(Reconnect goodbye);
}
