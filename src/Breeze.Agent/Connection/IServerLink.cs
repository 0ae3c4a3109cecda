using Breeze.Contracts.Agents;

namespace Breeze.Agent.Connection;

/// <summary>One live connection's way up. Every call throws when the connection ends before the answer.</summary>
public interface IServerLink
{
    /// <summary>Tells that the command is safe in the journal; the answer says whether it may run.</summary>
    Task<AcceptAnswer> Accept(Accepted accepted, CancellationToken cancelled);

    /// <summary>Returns when the server has the result durably, or will never take it.</summary>
    Task<Acknowledged> Report(Result result, CancellationToken cancelled);

    /// <summary>Returns when the server has the report durably.</summary>
    Task Report(ReportInventory inventory, CancellationToken cancelled);

    /// <summary>Returns when the server has this part, and with the last one the whole report durably; or will never take it.</summary>
    Task<Acknowledged> Report(ReportPatches patches, CancellationToken cancelled);

    /// <summary>Tells what a command is doing; may be lost.</summary>
    Task Tell(Progress progress, CancellationToken cancelled);
}

/// <summary>Who stands behind a connection: the agent of this machine, or a simulated device.</summary>
public interface IAgentSession
{
    /// <summary>What to say first on every connection.</summary>
    Hello Hello();

    /// <summary>The server answered; commands follow only after this returns.</summary>
    void Connected(HelloAnswer answer, IServerLink link);

    /// <summary>The connection ended; the link answers no more.</summary>
    void Disconnected();

    void Received(Command command);

    void Cancelled(Guid commandId);
}
