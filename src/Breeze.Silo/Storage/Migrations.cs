using System.Reflection;
using DbUp;
using DbUp.Builder;
using DbUp.Engine;
using DbUp.Engine.Output;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Breeze.Silo.Storage;

/// <summary>Brings the schema up to date at start, once however many silos start together.</summary>
public static class Migrations
{
    /// <summary>"breeze" as a number: the advisory lock all silos of one database share.</summary>
    private const long LockKey = 0x627265657A65;

    private static readonly TimeSpan LockPatience = TimeSpan.FromSeconds(60);

    private const string ProductScripts = "Storage.Migrations.";

    /// <summary>The newest script that this build knows, as <c>0009_cluster</c>.</summary>
    public static string Newest { get; } = Short(Assembly.GetExecutingAssembly().GetManifestResourceNames()
        .Where(name => name.Contains($".{ProductScripts}", StringComparison.Ordinal)).Max(StringComparer.Ordinal)!);

    /// <summary>A script's name as <c>schema_versions</c> has it, without where it stands in the program.</summary>
    public static string Short(string script) => script[(script.LastIndexOf(ProductScripts, StringComparison.Ordinal) + ProductScripts.Length)..].Replace(".sql", "", StringComparison.Ordinal);

    /// <summary>Runs the scripts that have not run, the product's and then Orleans', under the database's advisory lock.</summary>
    public static async Task Postgres(string connectionString, CancellationToken cancel = default)
    {
        await using var source = new NpgsqlDataSourceBuilder(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ToString()).Build();
        await using var connection = await source.OpenConnectionAsync(cancel);
        await using var command = connection.CreateCommand();
        // A wait on an advisory lock in a statement is bounded by the command's timeout.
        command.CommandTimeout = (int)LockPatience.TotalSeconds;
        command.CommandText = $"select pg_advisory_lock({LockKey})";
        await command.ExecuteNonQueryAsync(cancel);
        UpgradeEngineBuilder To(string journal) => DeployChanges.To.PostgresqlDatabase(connectionString).JournalToPostgresqlTable("public", journal);
        Run(To("schema_versions").WithPreprocessor(new BytewiseCollation()), ProductScripts);
        Run(To("orleans_schema_versions"), "Storage.Orleans.Postgres.");
    }

    /// <summary>Runs the product's scripts on one SQLite file, Orleans' on another, under a lock file beside them.</summary>
    public static async Task Sqlite(string productFile, string orleansFile, CancellationToken cancel = default)
    {
        await using var held = await LockFile(productFile + ".migrating", cancel);
        UpgradeEngineBuilder To(string file, string journal) =>
            DeployChanges.To.SqliteDatabase($"Data Source={WriteAhead(file)};Pooling=false").JournalToSqliteTable(journal);
        Run(To(productFile, "schema_versions"), ProductScripts);
        Run(To(orleansFile, "orleans_schema_versions"), "Storage.Orleans.Sqlite.");
    }

    /// <summary>Write-ahead logging stays set in the file; it cannot be set inside the scripts' transactions.</summary>
    private static string WriteAhead(string file)
    {
        using var connection = new SqliteConnection($"Data Source={file};Pooling=false");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "pragma journal_mode = wal";
        command.ExecuteNonQuery();
        return file;
    }

    private static void Run(UpgradeEngineBuilder builder, string folder)
    {
        var prefix = $"{typeof(Migrations).Assembly.GetName().Name}.{folder}";
        var result = builder
            .WithScriptsEmbeddedInAssembly(Assembly.GetExecutingAssembly(), name => name.StartsWith(prefix, StringComparison.Ordinal))
            .WithVariablesDisabled()
            .WithTransactionPerScript()
            .LogTo(new NoOpUpgradeLog())
            .Build()
            .PerformUpgrade();
        if (!result.Successful)
        {
            throw new InvalidOperationException($"The schema change {result.ErrorScript?.Name ?? folder} failed: {result.Error.Message}", result.Error);
        }
    }

    private static async Task<FileStream> LockFile(string path, CancellationToken cancel)
    {
        for (var waited = TimeSpan.Zero; ; waited += TimeSpan.FromMilliseconds(100))
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (waited < LockPatience)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, cancel);
            }
        }
    }

    /// <summary>Both engines order text bytewise where it matters; they spell it differently.</summary>
    private sealed class BytewiseCollation : IScriptPreprocessor
    {
        public string Process(string contents) => contents.Replace("collate binary", "collate \"C\"", StringComparison.Ordinal);
    }
}
