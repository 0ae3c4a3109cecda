using System.Text.Json;
using Breeze.Contracts.Agents;
using Breeze.Core;
using Breeze.Silo.Hosting.Load;

namespace Breeze.Silo.Agents;

/// <summary>One connection of one agent on this silo: what its messages do, and the order of what is sent to it.</summary>
/// <remarks>The hub drives it for sockets; a benchmark drives it directly. Everything behind it is the same.</remarks>
public sealed class AgentConnection
{
    // Sequences stay below 2^53, where JSON numbers are exact, and grow over all connections of a device because epochs do.
    private const int SequenceBits = 20;
    private const int MostRemembered = 1_000;

    private readonly AgentConnections _owner;
    private readonly IAgentChannel _channel;
    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, KnownCommand> _sent = [];
    private readonly Queue<Guid> _sentOrder = [];
    private CommandSigner? _signer;
    private long _sequence;
    private bool _closed;
    private int _greeting;

    internal AgentConnection(AgentConnections owner, DeviceId device, IAgentChannel channel)
    {
        (_owner, Device, _channel) = (owner, device, channel);
        AttachedAt = owner.Clock.GetTimestamp();
    }

    public DeviceId Device { get; }

    /// <summary>Which connection of the device this is, counted over its life; 0 before Hello.</summary>
    public long Epoch { get; private set; }

    internal long AttachedAt { get; }

    /// <summary>It was sent commands whose results have not come over it.</summary>
    internal bool HasWork
    {
        get
        {
            lock (_lock)
            {
                return _sent.Count > 0;
            }
        }
    }

    private IAgentGrain Grain => _owner.Grains.GetGrain<IAgentGrain>(Device.Value);

    /// <summary>Makes this the device's live connection. Commands that wait for it follow the answer.</summary>
    /// <exception cref="AgentRefusedException">It may not; the connection is closed.</exception>
    public async Task<HelloAnswer> Hello(Hello hello)
    {
        if (Interlocked.Exchange(ref _greeting, 1) == 1)
        {
            throw new AgentRefusedException("Hello was said already.");
        }

        if (!_owner.Lease.IsHeld)
        {
            Close("This silo cannot serve at the moment.");
            throw new AgentRefusedException("This silo cannot serve at the moment.");
        }

        var keys = _owner.Keys.Public;
        _signer = _owner.Keys.Current;
        var answer = await Arrive(hello);
        if (answer.Refusal is { } refusal)
        {
            Close(refusal.Message);
            throw new AgentRefusedException(refusal.Message);
        }

        if (!TakePlace(answer.Value))
        {
            await _owner.Depart(Device, answer.Value);
            throw new AgentRefusedException("A newer connection of this device took its place, or this one is gone.");
        }

        _owner.DeliverWaiting(Device);
        return new(_owner.Clock.GetUtcNow(), keys);
    }

    /// <returns>Whether the device may run the command; committed.</returns>
    public async Task<AcceptAnswer> Accepted(Accepted message)
    {
        _owner.ThrowIfShed(RequestClass.Result);
        var answer = await Grain.Accepted(Live(), new(message.CommandId), message.Attempt, Known(message.CommandId));
        return new(answer.Value && !answer.IsRefused);
    }

    /// <summary>Takes a result; durable when answered.</summary>
    public async Task<Acknowledged> Result(Result message)
    {
        _owner.ThrowIfShed(RequestClass.Result);
        var end = new CommandEnd(
            new(message.CommandId),
            Device,
            message.Attempt,
            (CommandOutcome)message.Status,
            message.ExitCode,
            AgentText.Bounded(message.Output, AgentMethods.MaxOutputBytes),
            AgentText.Bounded(message.Error, AgentMethods.MaxOutputBytes),
            message.DurationMs is { } ms ? Math.Max(0, ms) : null,
            message.Data is { ValueKind: not (JsonValueKind.Null or JsonValueKind.Undefined) } data ? data.GetRawText() : null);
        var answer = await Grain.Result(Live(), end, Known(message.CommandId));
        if (!answer.IsRefused)
        {
            Forget(message.CommandId);
        }

        return new(answer.Refusal?.Message);
    }

    /// <summary>Passes a display value on without waiting.</summary>
    public void Progress(Progress message) =>
        Grain.Progress(Live(), new(message.CommandId), message.Phase, Known(message.CommandId)).Ignore();

    public async Task<Acknowledged> ReportInventory(ReportInventory message)
    {
        _owner.ThrowIfShed(RequestClass.Report);
        var hostname = message.Hostname is null ? null : AgentText.Short(message.Hostname, 255);
        await Grain.Inventory(Live(), new(
            string.IsNullOrWhiteSpace(hostname) ? null : hostname,
            message.OsVersion is null ? null : AgentText.Short(message.OsVersion, 255),
            message.Architecture is null ? null : AgentText.Short(message.Architecture, 64),
            message.AgentVersion is null ? null : AgentText.Short(message.AgentVersion, 64)));
        return new();
    }

    /// <summary>Takes what the device says about its patches; durable when answered.</summary>
    public Task<Acknowledged> ReportPatches(JsonElement message)
    {
        Live();
        _owner.ThrowIfShed(RequestClass.Report);
        return _owner.PatchReports.Take(Device, message);
    }

    /// <inheritdoc cref="ReportPatches(JsonElement)"/>
    public Task<Acknowledged> ReportPatches(ReportPatches message) =>
        ReportPatches(JsonSerializer.SerializeToElement(message, AgentJson.Default.ReportPatches));

    /// <summary>A frame was larger than any may be, and ended the connection.</summary>
    internal Task SentTooMuch() => _owner.PatchReports.Oversized(Device);

    /// <summary>The other side is gone. A repeat does nothing.</summary>
    public async Task Ended()
    {
        if (!MarkClosed())
        {
            return;
        }

        _owner.Remove(this);
        // While the silo drains its lease ends instead: its devices are waited for, and a million rows need no write.
        if (Epoch != 0 && !_owner.IsDraining)
        {
            await _owner.Depart(Device, Epoch);
        }
    }

    /// <summary>Signs and sends, in the order of the calls.</summary>
    /// <returns>False: not yet greeted, closed, or its queue is full; the resend loop repairs it.</returns>
    internal bool Send(OutgoingCommand command)
    {
        lock (_lock)
        {
            if (Epoch == 0 || _closed)
            {
                return false;
            }

            // The clock's start of the command's life is its commit as sent, not this moment: a silo that hung sends nothing fresh.
            var issued = CommandSignature.Truncate(command.SentAt);
            var unsigned = new Command(
                command.Id.Value, command.Type, command.Payload, command.Attempt, (Epoch << SequenceBits) + ++_sequence,
                issued, issued + CommandLedger.Validity, "", "");
            if (!_channel.TrySend(_signer!.Sign(unsigned, Device.Value)))
            {
                return false;
            }

            Remember(command);
        }

        AgentMetrics.Sent.Add(1);
        if (_sequence >= (1 << SequenceBits) - 2)
        {
            Close("This connection has carried all it can; the next one goes on.");
        }

        return true;
    }

    internal void Cancel(CommandId id) => _channel.TryCancel(new(id.Value));

    internal void Close(string reason) => _channel.Close(new(_owner.ReconnectAfterMs(), reason));

    private long Live() => Epoch != 0 ? Epoch : throw new AgentRefusedException("Say Hello first.");

    private async Task<Answer<long>> Arrive(Hello hello)
    {
        try
        {
            return await Grain.Connect(new(
                _owner.Lease.SiloId,
                AgentText.Short(hello.AgentVersion, 64),
                AgentText.Short(hello.OsVersion, 255),
                JsonSerializer.Serialize((hello.Capabilities ?? []).Take(100).Select(c => AgentText.Short(c, 64)).ToArray())));
        }
        catch
        {
            // The outcome is unknown: the agent may say it again.
            Volatile.Write(ref _greeting, 0);
            throw;
        }
    }

    // Under the lock, or a socket that ended meanwhile would be registered after it was removed, and stay.
    private bool TakePlace(long epoch)
    {
        lock (_lock)
        {
            if (_closed)
            {
                return false;
            }

            Epoch = epoch;
            return _owner.Register(this);
        }
    }

    private bool MarkClosed()
    {
        lock (_lock)
        {
            var first = !_closed;
            _closed = true;
            return first;
        }
    }

    private KnownCommand? Known(Guid id)
    {
        lock (_lock)
        {
            return _sent.GetValueOrDefault(id);
        }
    }

    private void Remember(OutgoingCommand command)
    {
        if (_sent.TryAdd(command.Id.Value, new(Device, command.Attempt, command.Origin)))
        {
            _sentOrder.Enqueue(command.Id.Value);
        }

        while (_sentOrder.Count > MostRemembered)
        {
            _sent.Remove(_sentOrder.Dequeue());
        }
    }

    private void Forget(Guid id)
    {
        lock (_lock)
        {
            _sent.Remove(id);
        }
    }
}

/// <summary>An agent's message was not taken; the text is for its log.</summary>
public sealed class AgentRefusedException(string message) : Exception(message);
