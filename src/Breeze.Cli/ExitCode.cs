namespace Breeze.Cli;

/// <summary>What the process ends with, for scripts; documented in docs/cli.md.</summary>
public static class ExitCode
{
    /// <summary>What was asked for was done; a watched deployment ended as completed.</summary>
    public const int Ok = 0;

    /// <summary>A watched deployment ended as failed or cancelled, or paused by its failure limit.</summary>
    public const int DeploymentFailed = 1;

    /// <summary>The command line, a file it names or the stored login cannot be used; nothing was sent.</summary>
    public const int Usage = 2;

    /// <summary>The server understood and refused (any 4xx but 429).</summary>
    public const int Refused = 3;

    /// <summary>No server answered, or it was too busy, through all tries.</summary>
    public const int Unreachable = 4;

    /// <summary>A process that the demo needs did not start or died.</summary>
    public const int DemoBroken = 5;

    /// <summary>A fault in breeze itself.</summary>
    public const int Fault = 70;

    /// <summary>Ended by Ctrl-C or SIGTERM.</summary>
    public const int Interrupted = 130;
}
