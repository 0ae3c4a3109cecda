using Breeze.Client;
using Breeze.Console.Access;
using Breeze.Contracts.Patches;

namespace Breeze.Console.Compliance;

/// <summary>The reports that were asked for since this page was loaded, each followed until it is made or has failed.</summary>
/// <remarks>The API lists no reports, so they are kept here while the operator looks elsewhere, and forgotten when somebody else signs in.</remarks>
public sealed class AskedReports : IDisposable
{
    private static readonly TimeSpan BetweenTries = TimeSpan.FromSeconds(5);
    private readonly BreezeClient _client;
    private readonly TimeProvider _clock;
    private readonly List<ComplianceReport> _all = [];
    private CancellationTokenSource _signedIn = new();

    public AskedReports(BreezeClient client, CurrentSession session, TimeProvider clock)
    {
        (_client, _clock) = (client, clock);
        session.Changed += () =>
        {
            if (session.Now is null)
            {
                Forget();
            }
        };
    }

    /// <summary>The latest first.</summary>
    public IReadOnlyList<ComplianceReport> All => _all;

    public event Action? Changed;

    /// <param name="format"><c>csv</c> or <c>pdf</c>.</param>
    /// <exception cref="BreezeException">Refused or unreachable.</exception>
    public async Task Ask(Guid? orgId, string? source, string? severity, string format)
    {
        var asked = await _client.Compliance.Request(orgId, source, severity, format);
        _all.Insert(0, await _client.Compliance.Report(asked.ReportId));
        Changed?.Invoke();
        _ = Follow(asked.ReportId, _signedIn.Token);
    }

    public void Dispose() => _signedIn.Dispose();

    private async Task Follow(Guid id, CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                var made = await _client.Compliance.Wait(id, cancel);
                var at = _all.FindIndex(r => r.Id == id);
                if (at >= 0)
                {
                    _all[at] = made;
                    Changed?.Invoke();
                }

                return;
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (BreezeException refused) when (!refused.IsUnreachable)
            {
                // It is gone, or no longer this operator's: it stays as it was last seen.
                return;
            }
            catch (BreezeException)
            {
                // The server is away; the report is made all the same.
                await Task.Delay(BetweenTries, _clock, CancellationToken.None);
            }
        }
    }

    private void Forget()
    {
        _signedIn.Cancel();
        _signedIn.Dispose();
        _signedIn = new();
        _all.Clear();
        Changed?.Invoke();
    }
}
