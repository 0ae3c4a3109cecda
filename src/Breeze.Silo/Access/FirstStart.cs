using System.Runtime.InteropServices;
using System.Text;
using Breeze.Contracts.Access;
using Breeze.Core.Access;
using Breeze.Silo.Hosting;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Access;

/// <summary>On an empty database: one system admin key, in a file that only its owner can read, and one partner.</summary>
internal sealed partial class FirstStart(IDatabase database, SiloSettings settings, TimeProvider clock, ILogger<FirstStart> logger) : IHostedService
{
    public const string KeyFile = "admin.key";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Makes both, once for ever: a repeat, and another silo at the same time, do nothing.</summary>
    /// <remarks>The file is complete before the key is committed: a crash between them leaves a file that the next start replaces.</remarks>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var path = Path.Combine(settings.Data, KeyFile);
        var made = await database.Write(
            async tx =>
            {
                var now = clock.GetUtcNow();
                var first = await tx.Connection!.ExecuteAsync(
                    "insert into first_start (id, at) values (1, @now) on conflict (id) do nothing", new { now }, tx);
                if (first == 0)
                {
                    return false;
                }

                var key = KeyText.New();
                var row = new ApiKeyRow
                {
                    Id = Guid.CreateVersion7(now),
                    Name = "First admin",
                    KeyHash = KeyText.Hash(key),
                    ScopeKind = (short)ScopeKind.System,
                    Role = (short)Role.Admin,
                    CreatedAt = now,
                    CreatedBy = "first start",
                };
                var partner = new Partner(Guid.CreateVersion7(now), "Default partner", now);
                await ApiKeyStore.Add(tx, row);
                await TenantStore.Add(tx, partner);
                await Audit.Write(tx, new(
                    AuditChain.Installation, now, AuditActor.System("first start"), "api_key.create", "api_key", row.Id.ToString(),
                    Details: new { row.Name, scope = KeyScope.System, role = KeyRole.Admin }));
                await Audit.Write(tx, new(
                    AuditChain.Partner(new(partner.Id)), now, AuditActor.System("first start"), "partner.create", "partner", partner.Id.ToString(),
                    Details: new { partner.Name }));
                WriteKey(path, key);
                return true;
            },
            cancellationToken);
        if (made)
        {
            LogMade(path);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // A file of its own name first, closed to others from its birth, and synced; then it takes its place in one step.
    private static void WriteKey(string path, string key)
    {
        var unfinished = path + ".new";
        File.Delete(unfinished);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!RuntimeInformation.IsOSPlatform(OSPlatform.Windows))
        {
            options.UnixCreateMode = OwnerOnly;
        }

        using (var file = new FileStream(unfinished, options))
        {
            file.Write(Encoding.ASCII.GetBytes(key + "\n"));
            file.Flush(flushToDisk: true);
        }

        File.Move(unfinished, path, overwrite: true);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The first admin key is in {Path}, readable by its owner alone")]
    private partial void LogMade(string path);
}
