namespace Breeze.Silo.Storage;

/// <summary>The database did not do what was asked; unlike the driver's errors this one crosses silos.</summary>
/// <remarks>
/// The outcome of a write is unknown when the connection died at its commit: the version check or the operation id of a repeat settles it.
/// </remarks>
[GenerateSerializer, Alias("breeze.StorageUnavailable")]
public sealed class StorageUnavailableException : Exception
{
    public StorageUnavailableException()
        : this("The database is not available.", retryable: true)
    {
    }

    public StorageUnavailableException(string message)
        : this(message, retryable: true)
    {
    }

    public StorageUnavailableException(string message, Exception innerException)
        : this(message, retryable: true, innerException)
    {
    }

    /// <param name="message">One sentence without SQL, values or a connection string.</param>
    /// <param name="retryable">True when the same call may do later.</param>
    /// <param name="inner">The driver's error, for this silo's log only.</param>
    public StorageUnavailableException(string message, bool retryable, Exception? inner = null)
        : base(message, inner) => Retryable = retryable;

    [Id(0)]
    public bool Retryable { get; private set; }

    /// <summary>There is no room left where the database is; nothing was changed.</summary>
    [Id(1)]
    public bool IsFull { get; init; }
}
