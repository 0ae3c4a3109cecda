using System.Security.Cryptography;
using Breeze.Agent.Commands;
using Breeze.Contracts.Agents;

namespace Breeze.Agent.Tests.Commands;

/// <summary>Invariant S1: signed by a pinned key, addressed to this device, unexpired, never seen before.</summary>
public sealed class CommandVerifierTests
{
    public static TheoryData<string, CommandRefusal?> Rows => new()
    {
        { "as it was signed", null },
        { "known, with an old sequence", null },
        { "another key under the pinned key's id", CommandRefusal.WrongSignature },
        { "another key under its own id", CommandRefusal.UnknownKey },
        { "for another device", CommandRefusal.WrongSignature },
        { "payload changed", CommandRefusal.WrongSignature },
        { "type changed", CommandRefusal.WrongSignature },
        { "attempt changed", CommandRefusal.WrongSignature },
        { "id changed", CommandRefusal.WrongSignature },
        { "sequence raised", CommandRefusal.WrongSignature },
        { "expiry put off", CommandRefusal.WrongSignature },
        { "issued at changed", CommandRefusal.WrongSignature },
        { "signature of another command", CommandRefusal.WrongSignature },
        { "no signature", CommandRefusal.WrongSignature },
        { "signature that is no base64", CommandRefusal.WrongSignature },
        { "line feed in the type", CommandRefusal.WrongSignature },
        { "expired", CommandRefusal.Expired },
        { "expires this instant", CommandRefusal.Expired },
        { "unknown, sequence equal to the last", CommandRefusal.OldSequence },
        { "unknown, sequence below the last", CommandRefusal.OldSequence },
    };

    [Theory]
    [MemberData(nameof(Rows))]
    public void Each_flaw_is_refused(string flaw, CommandRefusal? expected)
    {
        using var signer = new Signer();
        using var other = new Signer();
        using var keys = new CommandKeyRing([signer.Public]);
        var good = signer.Script("echo");
        var last = 0L;
        var known = false;
        var now = Signer.Now;
        var command = good;
        switch (flaw)
        {
            case "known, with an old sequence": (known, last) = (true, 99); break;
            case "another key under the pinned key's id": command = CommandSignature.Sign(good, signer.DeviceId, other.Key); break;
            case "another key under its own id": command = CommandSignature.Sign(good with { KeyId = other.Public.Id }, signer.DeviceId, other.Key); break;
            case "for another device": command = CommandSignature.Sign(good, other.DeviceId, signer.Key); break;
            case "payload changed": command = good with { Payload = good.Payload.Replace("echo", "evil", StringComparison.Ordinal) }; break;
            case "type changed": command = good with { Type = "reboot" }; break;
            case "attempt changed": command = good with { Attempt = 2 }; break;
            case "id changed": command = good with { Id = Guid.CreateVersion7() }; break;
            case "sequence raised": command = good with { Sequence = 100 }; break;
            case "expiry put off": command = good with { ExpiresAt = good.ExpiresAt.AddHours(1) }; break;
            case "issued at changed": command = good with { IssuedAt = good.IssuedAt.AddMilliseconds(1) }; break;
            case "signature of another command": command = good with { Signature = signer.Script("x").Signature }; break;
            case "no signature": command = good with { Signature = "" }; break;
            case "signature that is no base64": command = good with { Signature = "***" }; break;
            case "line feed in the type": command = good with { Type = "run_script\n" }; break;
            case "expired": now = good.ExpiresAt.AddSeconds(1); break;
            case "expires this instant": now = good.ExpiresAt; break;
            case "unknown, sequence equal to the last": last = good.Sequence; break;
            case "unknown, sequence below the last": last = good.Sequence + 1; break;
        }

        Assert.Equal(expected, new CommandVerifier(signer.DeviceId, keys).Refuse(command, known, last, now));
    }

    [Fact]
    public void A_new_key_is_taken_only_with_the_word_of_a_pinned_one()
    {
        using var pinned = new Signer();
        using var next = new Signer();
        using var afterNext = new Signer();
        using var foreign = new Signer();
        using var keys = new CommandKeyRing([pinned.Public]);
        var vouched = CommandSignature.SignKey(next.Public, pinned.Public.Id, pinned.Key);
        var chained = CommandSignature.SignKey(afterNext.Public, next.Public.Id, next.Key);
        var selfMade = CommandSignature.SignKey(foreign.Public, foreign.Public.Id, foreign.Key);
        var claimed = CommandSignature.SignKey(foreign.Public, pinned.Public.Id, foreign.Key);
        var wrongId = CommandSignature.SignKey(foreign.Public with { Id = "0123456789abcdef" }, pinned.Public.Id, pinned.Key);

        Assert.False(keys.Learn([pinned.Public, foreign.Public, selfMade, claimed, wrongId, vouched with { PublicKey = foreign.Public.PublicKey }]));
        Assert.True(keys.Learn([chained, foreign.Public, vouched]));
        Assert.Equal(
            new[] { pinned, next, afterNext }.Select(signer => signer.Public.Id).Order(), keys.Keys.Select(key => key.Id).Order());
        Assert.False(keys.Learn([chained, vouched]));
    }

    [Fact]
    public void A_key_that_is_not_on_the_agreed_curve_is_not_taken()
    {
        using var pinned = new Signer();
        using var keys = new CommandKeyRing([pinned.Public]);
        using var larger = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        Assert.False(keys.Learn([CommandSignature.SignKey(CommandSignature.PublicKey(larger), pinned.Public.Id, pinned.Key)]));
    }
}
