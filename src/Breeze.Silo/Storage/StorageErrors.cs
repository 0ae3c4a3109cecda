using System.Data.Common;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Breeze.Silo.Storage;

/// <summary>Tells apart what a database error means, whichever engine said it.</summary>
public static class StorageErrors
{
    private const int SqliteBusy = 5;
    private const int SqliteLocked = 6;
    private const int SqliteIoError = 10;
    private const int SqliteFull = 13;
    private const int SqliteCannotOpen = 14;
    private const int SqliteUnique = 2067;
    private const int SqlitePrimaryKey = 1555;
    private const int SqliteForeignKey = 787;

    /// <summary>True when the same statement may succeed later: the server is away, out of connections, or the disk is full.</summary>
    public static bool IsTransient(Exception error) => error switch
    {
        // One that came from another silo has lost its state.
        PostgresException p => p.IsTransient || p.SqlState is null or "57P01" or "57P02" or "57P03" or "25P03" || p.SqlState.StartsWith("08", StringComparison.Ordinal),
        NpgsqlException => true,
        SqliteException s => s.SqliteErrorCode is SqliteBusy or SqliteLocked or SqliteIoError or SqliteFull or SqliteCannotOpen,
        TimeoutException => true,
        StorageUnavailableException u => u.Retryable,
        _ => false,
    };

    /// <summary>True when there is no room left where the database is: reading goes on, writing will when there is room again.</summary>
    public static bool IsFull(Exception error) => error switch
    {
        PostgresException p => p.SqlState == PostgresErrorCodes.DiskFull,
        SqliteException s => s.SqliteErrorCode == SqliteFull,
        StorageUnavailableException u => u.IsFull,
        _ => false,
    };

    /// <summary>True when a row with this key exists already.</summary>
    public static bool IsUniqueViolation(Exception error) => error switch
    {
        PostgresException p => p.SqlState == PostgresErrorCodes.UniqueViolation,
        SqliteException s => s.SqliteExtendedErrorCode is SqliteUnique or SqlitePrimaryKey,
        _ => false,
    };

    /// <summary>True when a row is still pointed to, or points to one that is not there.</summary>
    public static bool IsForeignKeyViolation(Exception error) => error switch
    {
        PostgresException p => p.SqlState == PostgresErrorCodes.ForeignKeyViolation,
        SqliteException s => s.SqliteExtendedErrorCode == SqliteForeignKey,
        _ => false,
    };

    /// <summary>True when PostgreSQL chose this transaction as the victim of a deadlock: nothing was done, the same again will do.</summary>
    public static bool IsDeadlock(Exception error) =>
        (error as PostgresException ?? error.InnerException as PostgresException)?.SqlState
            is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure;

    /// <summary>The error as it may leave storage: transient ones become a <see cref="StorageUnavailableException"/>, others stay.</summary>
    internal static Exception Translate(Exception error) =>
        error is DbException or TimeoutException && IsTransient(error)
            ? new StorageUnavailableException("The database is not available; try again.", retryable: true, error) { IsFull = IsFull(error) }
            : error;

    /// <summary>The error as it may leave its silo: what it means, without the driver's own.</summary>
    internal static StorageUnavailableException WithoutCause(Exception error)
    {
        var message = error is StorageUnavailableException ? error.Message : "A statement failed in the database.";
        return new(message, IsTransient(error)) { IsFull = IsFull(error) };
    }
}
