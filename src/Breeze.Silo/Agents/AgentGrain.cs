using Breeze.Contracts.Agents;
using Breeze.Core;
using Orleans.Placement;
using Orleans.Runtime.Placement;

namespace Breeze.Silo.Agents;

/// <inheritdoc cref="IAgentGrain"/>
/// <remarks>
/// What it remembers is a shortcut: the epoch in the device's row decides which connection is live, and the ledger what a command is.
/// So an activation may vanish, or be doubled for a moment, at any time. It lives where its device's socket is, which is who calls it.
/// </remarks>
[GrainType("agent"), PreferLocalPlacement]
public sealed partial class AgentGrain(
    AgentStore store, AgentGateways gateways, DeviceRefusals refusals, SiloLease here, TimeProvider clock, ILogger<AgentGrain> logger) : Grain, IAgentGrain
{
    private long? _epoch;
    private string? _siloId;

    private DeviceId Device => new(this.GetPrimaryKey());

    public async Task<Answer<long>> Connect(AgentArrival arrival)
    {
        if (await store.Device(Device) is not { } row || row.DecommissionedAt is not null || row.TokenRevokedAt is not null)
        {
            return new Refusal(RefusalKind.Forbidden, "This device is not enrolled any more.");
        }

        // Never below the seconds since 1970, so that a restored database does not hand out epochs that its devices have seen already:
        // they refuse what is signed with those (docs/decisions/0090). 33 bits of them last until 2242.
        var epoch = Math.Max(Math.Max(row.ConnectionEpoch, _epoch ?? 0) + 1, clock.GetUtcNow().ToUnixTimeSeconds());
        if (!await store.Connected(new(Device, epoch, arrival)))
        {
            // Another activation was faster, or the device was revoked meanwhile; the device comes again.
            return new Refusal(RefusalKind.Conflict, "Another connection of this device is newer.");
        }

        var (formerEpoch, formerSilo) = (row.ConnectionEpoch, row.DisconnectedAt is null ? row.SiloId : null);
        (_epoch, _siloId) = (epoch, arrival.SiloId);
        if (formerSilo is not null)
        {
            gateways.Close(formerSilo, Device, formerEpoch, "A newer connection of this device took its place.");
        }

        MoveTo(arrival.SiloId);
        return epoch;
    }

    public async Task Disconnected(long epoch)
    {
        if (_epoch is null || _epoch == epoch)
        {
            await store.Disconnected(Device, epoch);
            _siloId = null;
        }
    }

    public async Task<Answer<bool>> Accepted(long epoch, CommandId id, int attempt, KnownCommand? known)
    {
        if (await Check(epoch, id, attempt, known) is not { } command)
        {
            return Liar;
        }

        var proceed = Origin(command) is { } origin ? await origin.CommandAccepted(id, attempt) : await store.Accepted(id);
        AgentMetrics.Accepted.Add(1);
        return proceed;
    }

    public async Task<Answer<bool>> Result(long epoch, CommandEnd end, KnownCommand? known)
    {
        if (await Check(epoch, end.Id, end.Attempt, known) is not { } command)
        {
            return Liar;
        }

        if (Origin(command) is { } origin)
        {
            await origin.CommandEnded(end);
        }
        else
        {
            await store.Ended(end);
        }

        AgentMetrics.Done.Add(1);
        return true;
    }

    public async Task Progress(long epoch, CommandId id, CommandPhase phase, KnownCommand? known)
    {
        var command = epoch == _epoch ? known ?? await store.Command(id) : null;
        if (command is not null && command.DeviceId == Device && Origin(command) is { } origin)
        {
            await origin.CommandProgressed(id, phase);
        }
    }

    public async Task Inventory(long epoch, DeviceFacts facts)
    {
        if (await IsLive(epoch))
        {
            await store.Facts(Device, facts);
        }
    }

    public async Task End(string reason)
    {
        var row = await store.Device(Device);
        var silo = _siloId ?? row?.SiloId;
        if (silo is not null)
        {
            gateways.Close(silo, Device, Math.Max(row?.ConnectionEpoch ?? 0, _epoch ?? 0), reason);
        }
    }

    // Where it stays, every message of the device would cross from silo to silo. Nothing is lost if it does stay, or goes elsewhere.
    private void MoveTo(string siloId)
    {
        if (siloId != here.SiloId)
        {
            RequestContext.Set(IPlacementDirector.PlacementHintKey, SiloAddress.FromParsableString(siloId));
            MigrateOnIdle();
            RequestContext.Remove(IPlacementDirector.PlacementHintKey);
        }
    }

    private static Answer<bool> Liar => new Refusal(RefusalKind.Forbidden, "This command, in this attempt, is not this device's.");

    private ICommandOrigin? Origin(KnownCommand command) =>
        command.Origin is { } origin ? GrainFactory.GetGrain<ICommandOrigin>(GrainId.Parse(origin)) : null;

    private async Task<KnownCommand?> Check(long epoch, CommandId id, int attempt, KnownCommand? known)
    {
        var isLive = await IsLive(epoch);
        var command = isLive ? known ?? await store.Command(id) : null;
        if (command is not null && command.DeviceId == Device && command.Attempt == attempt)
        {
            return command;
        }

        AgentMetrics.Refused.Add(1);
        LogRefused(Device, id, attempt, epoch);
        if (isLive)
        {
            // A connection that was replaced may well speak of what is no longer its own; the live one must not.
            await refusals.Note(new(Device, "command.report", "command", id.ToString(), WhyNot(command, attempt)));
        }

        return null;
    }

    // An unknown command and another tenant's are alike here too.
    private string WhyNot(KnownCommand? command, int attempt) => command is not null && command.DeviceId == Device
        ? $"The device named attempt {attempt} of a command that is attempt {command.Attempt}."
        : "The device named a command that is not its own.";

    // A connection that another activation accepted is known from the row.
    private async Task<bool> IsLive(long epoch)
    {
        if (_epoch is null || epoch > _epoch)
        {
            _epoch = (await store.Device(Device))?.ConnectionEpoch;
        }

        return _epoch == epoch;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Device {Device} was refused: command {Command}, attempt {Attempt}, connection {Epoch}")]
    private partial void LogRefused(DeviceId device, CommandId command, int attempt, long epoch);
}
