using Breeze.Agent.Commands;
using Breeze.Agent.Hosting;
using Breeze.Agent.Tools;
using Breeze.Contracts.Agents;
using Microsoft.Extensions.Logging.Abstractions;

namespace Breeze.Agent.Tests;

/// <summary>A processor over a journal in a folder, as the agent puts it together; its clock starts at the signer's now.</summary>
public sealed class RunningProcessor : IAsyncDisposable
{
    /// <summary>Nothing that would change the machine that runs the tests.</summary>
    public static readonly DeviceTools Harmless = new(
        new[] { "shutdown", "apt-get", "dpkg-query", "dnf", "rpm" }.ToDictionary(name => name, _ => "/nonexistent"), new Dictionary<string, string>());

    private readonly CancellationTokenSource _stopped = new();
    private readonly HttpClient _http = new();
    private readonly CommandKeyRing _keys;
    private readonly CommandJournal _journal;
    private readonly CommandProcessor _processor;
    private readonly Task _running;

    public RunningProcessor(string folder, Signer signer, JournalFile? file = null, DeviceTools? tools = null)
    {
        _keys = new CommandKeyRing([signer.Public]);
        _journal = new CommandJournal(file ?? new JournalFile(Path.Combine(folder, "journal.log")));
        _processor = new CommandProcessor(
            _journal,
            new CommandVerifier(signer.DeviceId, _keys),
            DeviceExecutors.Runner(new DataFolder(folder), tools ?? Harmless, _http, TimeProvider.System),
            TimeProvider.System,
            NullLogger<CommandProcessor>.Instance);
        _running = _processor.Run(_stopped.Token);
    }

    /// <summary>The agent's own session before this processor; it learns no keys.</summary>
    public DeviceSession Session(TimeProvider time) => new(_processor, [], _keys, _ => { }, time, NullLogger<DeviceSession>.Instance);

    public ScriptedLink Connect() => Connect(new ScriptedLink());

    public ScriptedLink Connect(ScriptedLink link)
    {
        _processor.Connected(link, Signer.Now);
        return link;
    }

    public void Disconnect() => _processor.Disconnected();

    public void Receive(Command command) => _processor.Received(command);

    public void Cancel(Guid id) => _processor.Cancelled(id);

    public async ValueTask DisposeAsync()
    {
        await _stopped.CancelAsync();
        await _running;
        _processor.Dispose();
        _journal.Dispose();
        _keys.Dispose();
        _http.Dispose();
        _stopped.Dispose();
    }
}
