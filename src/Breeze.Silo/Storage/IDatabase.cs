using System.Data.Common;

namespace Breeze.Silo.Storage;

public enum EngineKind
{
    Sqlite,
    Postgres,
}

/// <summary>The product's own database: SQLite or PostgreSQL behind the same few calls.</summary>
/// <remarks>
/// Times are stored as <c>bigint</c> milliseconds since 1970 UTC, ids as <c>uuid</c>, JSON as <c>text</c>, enums and flags as
/// <c>smallint</c>; Dapper's handlers for <see cref="DateTimeOffset"/>, <see cref="Guid"/> and the typed ids are registered once.
/// </remarks>
public interface IDatabase
{
    EngineKind Engine { get; }

    /// <summary>How far behind this process is with it.</summary>
    Backlog Backlog { get; }

    /// <summary>Returns once the database has answered; on a connection of its own, so that those who wait for the others do not hide it.</summary>
    /// <exception cref="StorageUnavailableException">It is away.</exception>
    Task Ping(CancellationToken cancel);

    /// <summary>Runs queries on a pooled read connection. The work must not write.</summary>
    Task<T> Read<T>(Func<DbConnection, Task<T>> query, CancellationToken cancel = default);

    /// <summary>
    /// Runs the work in one transaction and commits it; rolls back when it throws. On SQLite all writes pass one writer thread,
    /// one after another; on PostgreSQL each has a connection of its own (read committed), and a work that was chosen as the victim of a
    /// deadlock is run again from its start: outside of the transaction it must leave nothing.
    /// </summary>
    Task<T> Write<T>(Func<DbTransaction, Task<T>> work, CancellationToken cancel = default);

    /// <summary>
    /// The same for what must not stand in a queue behind the product's work: the silo's word that it lives. On PostgreSQL it has the
    /// connection of <see cref="Ping"/>; on SQLite, where there is one silo and one writer, it waits its turn.
    /// </summary>
    Task<T> WriteFirst<T>(Func<DbTransaction, Task<T>> work, CancellationToken cancel = default);
}
