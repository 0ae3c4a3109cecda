using Breeze.Silo.Tests.Fixture;

namespace Breeze.EndToEnd.Tests.Survival;

/// <summary>A fact that needs a PostgreSQL of its own; skipped with the reason where the server's binaries are missing.</summary>
public sealed class PostgresFactAttribute : FactAttribute
{
    public PostgresFactAttribute() => Skip = PostgresServer.Missing;
}
