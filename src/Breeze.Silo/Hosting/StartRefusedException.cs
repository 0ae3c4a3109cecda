namespace Breeze.Silo.Hosting;

/// <summary>A start that cannot be: the message is the one sentence for standard error.</summary>
public sealed class StartRefusedException : Exception
{
    /// <summary>2: the configuration is at fault.</summary>
    public const int BadConfiguration = 2;

    /// <summary>3: the database is.</summary>
    public const int NoDatabase = 3;

    public StartRefusedException()
    {
    }

    public StartRefusedException(string message)
        : base(message)
    {
    }

    public StartRefusedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    public int ExitCode { get; init; } = BadConfiguration;
}
