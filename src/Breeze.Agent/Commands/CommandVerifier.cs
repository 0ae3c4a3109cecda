using Breeze.Contracts.Agents;

namespace Breeze.Agent.Commands;

/// <summary>Why a command is not taken.</summary>
public enum CommandRefusal
{
    UnknownKey,

    /// <summary>Another key, another device, or a changed member: the signature does not tell which.</summary>
    WrongSignature,

    Expired,

    /// <summary>Its id is not in the journal, but its sequence is not above the last: an old command played again.</summary>
    OldSequence,
}

/// <summary>Judges whether a command may be taken (invariant S1).</summary>
public sealed class CommandVerifier(Guid deviceId, CommandKeyRing keys)
{
    /// <param name="command">As it came.</param>
    /// <param name="isKnown">Its id is in the journal: it was judged by its sequence when it first came.</param>
    /// <param name="lastSequence">The highest sequence ever journaled.</param>
    /// <param name="serverNow">The server's time, never this device's.</param>
    /// <returns>Null when the command may be taken.</returns>
    public CommandRefusal? Refuse(Command command, bool isKnown, long lastSequence, DateTimeOffset serverNow) =>
        !keys.Holds(command.KeyId) ? CommandRefusal.UnknownKey
        : !keys.Signed(command, deviceId) ? CommandRefusal.WrongSignature
        : command.ExpiresAt <= serverNow ? CommandRefusal.Expired
        : !isKnown && command.Sequence <= lastSequence ? CommandRefusal.OldSequence
        : null;

    /// <summary>The refusal as a sentence for the operator.</summary>
    public static string Sentence(CommandRefusal refusal) => refusal switch
    {
        CommandRefusal.UnknownKey => "The agent does not know the key that signed this command.",
        CommandRefusal.WrongSignature => "The command's signature is wrong, or it was made for another device.",
        CommandRefusal.Expired => "The command expired before it reached the agent.",
        _ => "The command's sequence is not above the last one the agent has seen.",
    };
}
