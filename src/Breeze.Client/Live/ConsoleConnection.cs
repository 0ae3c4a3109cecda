using System.Collections.Concurrent;
using System.Net;
using Breeze.Client.Http;
using Breeze.Contracts;
using Breeze.Contracts.Live;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;

namespace Breeze.Client.Live;

/// <summary>Follows deployments over <c>/hubs/console</c>, through lost connections.</summary>
/// <remarks>
/// After every reconnect it subscribes again, takes the answer as the fresh state and raises <see cref="Progressed"/> with it and
/// <see cref="DevicesMissed"/>, because device changes in the gap were not delivered. Handlers run on the connection's reader: they must be quick.
/// </remarks>
public sealed partial class ConsoleConnection : IAsyncDisposable
{
    private readonly ConcurrentDictionary<Guid, FollowedDeployment> _followed = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly HubConnection _hub;
    private readonly BreezeClientOptions _options;
    private readonly Func<CancellationToken, Task<BreezeException?>> _signedIn;
    private bool _ended;
    private Task _reopening = Task.CompletedTask;

    /// <param name="server">The server's address, without a path.</param>
    /// <param name="key">The API key; null where the browser's sign-in cookie is the credential.</param>
    /// <param name="options">Its clock, chance and longest delay govern reconnecting.</param>
    /// <param name="signedIn">
    /// Asked when a connection is refused without a reason, as a browser does: answers the refusal where nobody is signed in any more, which ends
    /// the reconnecting. Null: never asked.
    /// </param>
    public ConsoleConnection(
        Uri server, string? key, BreezeClientOptions? options = null, Func<CancellationToken, Task<BreezeException?>>? signedIn = null)
    {
        _options = options ?? new();
        _signedIn = signedIn ?? (_ => Task.FromResult<BreezeException?>(null));
        _hub = new HubConnectionBuilder()
            .WithUrl(new Uri(server, "/hubs/console"), connection =>
            {
                connection.Transports = HttpTransportType.WebSockets;
                // One round trip less, and any load balancer does: nothing has to come back to the silo that negotiated.
                connection.SkipNegotiation = true;
                if (key is not null)
                {
                    connection.AccessTokenProvider = () => Task.FromResult<string?>(key);
                }
            })
            .AddJsonProtocol(json => json.PayloadSerializerOptions = BreezeJson.Lenient)
            .WithAutomaticReconnect(new FewTriesWithJitter(_options))
            .Build();
        _hub.On<DeploymentProgress>(ConsoleHubMethods.DeploymentProgress, OnProgress);
        _hub.On<DevicesChanged>(ConsoleHubMethods.DevicesChanged, OnDevicesChanged);
        _hub.On(ConsoleHubMethods.SessionEnded, () => End(new BreezeException("The session has ended; sign in again.", 401)));
        HearOfPatches();
        _hub.Reconnecting += _ => Raise(ConnectionChanged, false);
        _hub.Reconnected += _ => ComeBack();
        _hub.Closed += _ =>
        {
            _reopening = Reopen();
            return Task.CompletedTask;
        };
    }

    /// <summary>A newer state of a followed deployment; older ones are dropped before this.</summary>
    public event Action<DeploymentProgress>? Progressed;

    /// <summary>Devices whose records changed. <c>more</c> means that others changed too: refetch.</summary>
    public event Action<DevicesChanged>? DevicesChanged;

    /// <summary>The connection was away: changes of this deployment's devices may have been missed, refetch them.</summary>
    public event Action<Guid>? DevicesMissed;

    /// <summary>True when connected again, false when the connection was lost and is being sought.</summary>
    public event Action<bool>? ConnectionChanged;

    /// <summary>A deployment that can no longer be followed (deleted, or the key lost its right), with why.</summary>
    public event Action<Guid, BreezeException>? Lost;

    /// <summary>
    /// Nobody is signed in any more: the session or key ended, and nothing is followed. Raised once. Signing in again needs a new connection.
    /// </summary>
    public event Action<BreezeException>? SessionEnded;

    /// <summary>Connects once; what follows is repaired by itself.</summary>
    /// <exception cref="BreezeException">The server is away, or refuses the key.</exception>
    public async Task Start(CancellationToken cancel = default)
    {
        try
        {
            await _hub.StartAsync(cancel);
        }
        catch (HttpRequestException refused) when (refused.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
        {
            throw new BreezeException("The server does not accept this key.", (int)refused.StatusCode, inner: refused);
        }
        catch (Exception failed) when (!cancel.IsCancellationRequested)
        {
            throw await _signedIn(cancel) ?? new BreezeException("The live connection could not be opened.", inner: failed);
        }
    }

    /// <summary>The current progress; every later one is raised. Subscribing twice is harmless.</summary>
    /// <remarks>A newer progress may have been raised before this returns: compare versions.</remarks>
    /// <exception cref="BreezeException">Unknown, or not to be seen with this key; the two are alike.</exception>
    public async Task<DeploymentProgress> Subscribe(Guid deploymentId, CancellationToken cancel = default)
    {
        var followed = _followed.GetOrAdd(deploymentId, id => new FollowedDeployment(id));
        try
        {
            var answer = await Ask(followed, cancel);
            followed.Take(answer);
            return answer;
        }
        catch (BreezeException)
        {
            _followed.TryRemove(deploymentId, out _);
            throw;
        }
    }

    public async Task Unsubscribe(Guid deploymentId, CancellationToken cancel = default)
    {
        // While disconnected there is nothing to unsubscribe from: the new connection starts with what is still followed.
        if (_followed.TryRemove(deploymentId, out _) && _hub.State == HubConnectionState.Connected)
        {
            await _hub.InvokeAsync(ConsoleHubMethods.Unsubscribe, new SubscribeRequest(deploymentId), cancel);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _hub.DisposeAsync();
        await _reopening;
        _closing.Dispose();
    }

    /// <summary>
    /// A server that ends a connection on purpose (it stops, or the key was revoked) forbids SignalR's own reconnecting. Whether the
    /// key still holds is what connecting anew tells.
    /// </summary>
    private async Task Reopen()
    {
        await Raise(ConnectionChanged, false);
        for (var attempt = 1; !_closing.IsCancellationRequested && !_ended; attempt++)
        {
            try
            {
                await Task.Delay(Backoff.Wait(attempt, null, _options), _options.Time, _closing.Token);
                await Start(_closing.Token);
                await ComeBack();
                return;
            }
            catch (BreezeException refused) when (refused.Status is not null)
            {
                End(refused);
                return;
            }
            catch (Exception again) when (again is BreezeException or OperationCanceledException)
            {
                // Still away, or closing.
            }
        }
    }

    private void End(BreezeException why)
    {
        if (Interlocked.Exchange(ref _ended, true))
        {
            return;
        }

        GiveUp(why);
        SessionEnded?.Invoke(why);
    }

    private void GiveUp(BreezeException why)
    {
        foreach (var id in _followed.Keys.Concat(_jobs.Keys).Concat(_organizations.Keys))
        {
            if (_followed.TryRemove(id, out _) || _jobs.TryRemove(id, out _) || _organizations.TryRemove(id, out _))
            {
                Lost?.Invoke(id, why);
            }
        }
    }

    private Task<DeploymentProgress> Ask(FollowedDeployment followed, CancellationToken cancel) =>
        Call<DeploymentProgress>(ConsoleHubMethods.Subscribe, new SubscribeRequest(followed.Id), cancel);

    private async Task ComeBack()
    {
        await Raise(ConnectionChanged, true);
        await ComeBackToPatches();
        foreach (var followed in _followed.Values)
        {
            try
            {
                followed.StartOver();
                var answer = await Ask(followed, _closing.Token);
                if (followed.Take(answer))
                {
                    Progressed?.Invoke(answer);
                }

                DevicesMissed?.Invoke(followed.Id);
            }
            catch (BreezeException gone) when (gone.Status is not null)
            {
                _followed.TryRemove(followed.Id, out _);
                Lost?.Invoke(followed.Id, gone);
            }
            catch (Exception again) when (again is BreezeException or OperationCanceledException)
            {
                // Lost once more on the way, or closing: the next reconnect comes back here.
                return;
            }
        }
    }

    private void OnProgress(DeploymentProgress message)
    {
        if (_followed.TryGetValue(message.DeploymentId, out var followed) && followed.Take(message))
        {
            Progressed?.Invoke(message);
        }
    }

    private void OnDevicesChanged(DevicesChanged message)
    {
        if (_followed.TryGetValue(message.DeploymentId, out var followed) && followed.Take(message))
        {
            DevicesChanged?.Invoke(message);
        }
    }

    private static Task Raise(Action<bool>? handler, bool connected)
    {
        handler?.Invoke(connected);
        return Task.CompletedTask;
    }

    /// <summary>SignalR wraps the server's sentence in one of its own.</summary>
    private static string Sentence(string message)
    {
        const string Mark = "HubException: ";
        var at = message.IndexOf(Mark, StringComparison.Ordinal);
        return at < 0 ? message : message[(at + Mark.Length)..];
    }
}
