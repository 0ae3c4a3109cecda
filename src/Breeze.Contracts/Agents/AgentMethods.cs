namespace Breeze.Contracts.Agents;

/// <summary>Paths, method names and limits of the agents' hub. Every method takes one object.</summary>
public static class AgentMethods
{
    public const string HubPath = "/hubs/agent";
    public const string EnrollPath = "/api/v1/agents/enroll";
    public const string RotateTokenPath = "/api/v1/agents/rotate-token";

    /// <summary>A frame larger than this (bytes) ends the connection.</summary>
    public const int MaxFrameBytes = 256 * 1024;

    /// <summary>Output and error text beyond this (UTF-8 bytes) is cut and marked.</summary>
    public const int MaxOutputBytes = 64 * 1024;

    // Agent → server.
    public const string Hello = nameof(Hello);
    public const string Accepted = nameof(Accepted);
    public const string Result = nameof(Result);
    public const string Progress = nameof(Progress);
    public const string ReportInventory = nameof(ReportInventory);
    public const string ReportPatches = nameof(ReportPatches);

    // Server → agent.
    public const string Command = nameof(Command);
    public const string CancelCommand = nameof(CancelCommand);

    /// <summary>Server → agent, before it closes the socket: how long to wait before connecting again.</summary>
    public const string Reconnect = nameof(Reconnect);
}
