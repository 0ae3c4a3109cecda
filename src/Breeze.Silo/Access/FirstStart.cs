using System.Runtime.InteropServices;
using System.Text;
using Breeze.Contracts.Access;
using Breeze.Core.Access;
using Breeze.Silo.Access.Sessions;
using Breeze.Silo.Hosting;
using Breeze.Silo.Storage;
using Dapper;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Breeze.Silo.Access;

/// <summary>On an empty database: one system admin key, in a file that only its owner can read, one partner, and one sign-in link in the log.</summary>
internal sealed partial class FirstStart(
    IDatabase database, SignIns signIns, IServer server, SiloSettings settings, TimeProvider clock, ILogger<FirstStart> logger) : IHostedLifecycleService
{
    public const string KeyFile = "admin.key";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private Guid? firstKey;

    /// <summary>Makes both, once for ever: a repeat, and another silo at the same time, do nothing.</summary>
    /// <remarks>The file is complete before the key is committed: a crash between them leaves a file that the next start replaces.</remarks>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var path = Path.Combine(settings.Data, KeyFile);
        firstKey = await database.Write<Guid?>(
            async tx =>
            {
                var now = clock.GetUtcNow();
                var first = await tx.Connection!.ExecuteAsync(
                    "insert into first_start (id, at) values (1, @now) on conflict (id) do nothing", new { now }, tx);
                if (first == 0)
                {
                    return null;
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
                return row.Id;
            },
            cancellationToken);
        if (firstKey is not null)
        {
            LogMade(path);
        }
    }

    /// <summary>Only now is it known where the console is; should the link fail, the key is there all the same.</summary>
    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        if (firstKey is not { } key)
        {
            return;
        }

        try
        {
            var (secret, _) = await signIns.MakeLink(key);
            var link = SessionEndpoints.SignInUrl(Address(), secret);
            LogLink(link);
        }
        catch (StorageUnavailableException e)
        {
            LogNoLink(e.Message);
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // The first address, as a browser on this machine would call it.
    private string Address()
    {
        var address = server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault() ?? ListenAddresses.Urls(settings)[0];
        foreach (var any in new[] { "://[::]", "://0.0.0.0", "://*", "://+" })
        {
            address = address.Replace(any, "://127.0.0.1", StringComparison.Ordinal);
        }

        return address.TrimEnd('/');
    }

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

    // The one secret that is ever logged: whoever sees the first start's log may sign in with it once, within an hour.
    [LoggerMessage(Level = LogLevel.Information, Message = "Open the console, once within an hour, with {Link}")]
    private partial void LogLink(string link);

    [LoggerMessage(Level = LogLevel.Warning, Message = "No sign-in link was made ({Reason}); 'breeze sign-in' makes one")]
    private partial void LogNoLink(string reason);
}
