using System.Security.Cryptography;
using System.Text;
using Breeze.Contracts.Agents;
using Breeze.Silo.Agents;
using Xunit;

namespace Breeze.Silo.Tests.Agents;

public sealed class CommandSignatureTests : IDisposable
{
    private static readonly Guid Device = Guid.Parse("0197a9d0-0000-7000-8000-000000000001");
    private static readonly DateTimeOffset At = new(2026, 3, 2, 10, 0, 0, 123, TimeSpan.FromHours(1));

    private static readonly Command Unsigned = new(
        Guid.Parse("0197A9D0-0000-7000-8000-00000000000A"), CommandTypes.RunScript, "{\"content\":\"äö\"}", 2, 1048577, At, At.AddMinutes(5), "k1", "");

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly string _directory = Directory.CreateTempSubdirectory("breeze-keys-").FullName;

    public static TheoryData<string, Command> Tampered => new()
    {
        { "id", Unsigned with { Id = Guid.NewGuid() } },
        { "type", Unsigned with { Type = CommandTypes.Reboot } },
        { "payload", Unsigned with { Payload = Unsigned.Payload + " " } },
        { "attempt", Unsigned with { Attempt = 3 } },
        { "sequence", Unsigned with { Sequence = 1048578 } },
        { "issuedAt", Unsigned with { IssuedAt = At.AddMilliseconds(1) } },
        { "expiresAt", Unsigned with { ExpiresAt = At.AddMinutes(6) } },
        { "keyId", Unsigned with { KeyId = "k2" } },
        { "a line break", Unsigned with { Type = "run_script\n2" } },
    };

    [Fact]
    public void The_signed_bytes_are_the_documented_lines()
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Unsigned.Payload)));
        Assert.Equal(
            "breeze-command-v1\n0197a9d0-0000-7000-8000-00000000000a\n0197a9d0-0000-7000-8000-000000000001\nrun_script\n2\n1048577\n"
            + $"2026-03-02T09:00:00.123Z\n2026-03-02T09:05:00.123Z\nk1\n{hash}\n",
            Encoding.UTF8.GetString(CommandSignature.Bytes(Unsigned, Device)));
    }

    [Theory]
    [MemberData(nameof(Tampered))]
    public void A_command_with_one_member_changed_is_refused(string member, Command tampered)
    {
        var signed = CommandSignature.Sign(Unsigned, Device, _key);
        Assert.True(CommandSignature.Verify(signed, Device, _key));
        Assert.False(CommandSignature.Verify(tampered with { Signature = signed.Signature }, Device, _key), member);
    }

    [Fact]
    public void Another_device_another_key_and_garbage_are_refused()
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var signed = CommandSignature.Sign(Unsigned, Device, _key);
        Assert.False(CommandSignature.Verify(signed, Guid.NewGuid(), _key));
        Assert.False(CommandSignature.Verify(signed, Device, other));
        Assert.False(CommandSignature.Verify(signed with { Signature = "not base64!" }, Device, _key));
        Assert.False(CommandSignature.Verify(signed with { Signature = "" }, Device, _key));
    }

    [Fact]
    public async Task A_rotated_key_is_vouched_for_by_the_one_before_and_survives_a_restart()
    {
        var path = Path.Combine(_directory, "keys.json");
        using var keys = new CommandKeys(path);
        using var shared = new CommandKeys(path);
        var first = keys.Current.Key;
        var second = await keys.Rotate(default);
        Assert.Equal(first.Id, second.SignedBy);
        using (var earlier = CommandSignature.Import(first))
        {
            Assert.True(CommandSignature.VerifyKey(second, earlier));
            Assert.False(CommandSignature.VerifyKey(second with { PublicKey = first.PublicKey }, earlier));
        }

        shared.Refresh();
        using var restarted = new CommandKeys(path);
        Assert.Equal([first, second], restarted.Public);
        Assert.Equal([first, second], shared.Public);
        Assert.Equal(second, restarted.Current.Key);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        }
    }

    [Fact]
    public async Task Silos_that_share_a_new_file_or_rotate_at_once_end_with_one_chain()
    {
        var path = Path.Combine(_directory, "shared.json");
        var silos = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => new CommandKeys(path))));
        Assert.Single(silos.Select(s => s.Current.Key.Id).Distinct());
        await Task.WhenAll(silos.Select(s => s.Rotate(default)));
        using var after = new CommandKeys(path);
        Assert.Equal(9, after.Public.Count);
        Assert.Equal(["shared.json", "shared.json.lock"], Directory.GetFiles(_directory, "shared*").Select(Path.GetFileName).Order());
        Array.ForEach(silos, s => s.Dispose());
    }

    [Fact]
    public async Task A_rotation_brings_back_a_file_that_was_deleted_and_takes_over_no_other()
    {
        var path = Path.Combine(_directory, "gone.json");
        using var keys = new CommandKeys(path);
        var first = keys.Current.Key;
        File.Delete(path);
        using (var foreign = new CommandKeys(path))
        {
            await foreign.Rotate(default);
        }

        Assert.False(keys.Refresh());
        Assert.Equal(first.Id, (await keys.Rotate(default)).SignedBy);
        using var after = new CommandKeys(path);
        Assert.Equal(keys.Public, after.Public);
    }

    [Fact]
    public void A_damaged_key_file_is_refused()
    {
        var path = Path.Combine(_directory, "damaged.json");
        File.WriteAllText(path, "[{");
        Assert.Throws<InvalidDataException>(() => new CommandKeys(path));
    }

    [Fact]
    public void Text_is_made_storable()
    {
        // Not inline data: attributes are stored as UTF-8, which has no halves of pairs.
        (string Text, string Expected)[] rows =
        [
            ("plain", "plain"),
            ("nul\0", "nul\uFFFD"),
            ("\uD83D alone", "\uFFFD alone"),
            ("pair \uD83D\uDE00", "pair \uD83D\uDE00"),
            ("back \uDE00\uD83D", "back \uFFFD\uFFFD"),
        ];
        Assert.All(rows, row => Assert.Equal(row.Expected, AgentText.Bounded(row.Text, 20)));
    }

    [Fact]
    public void A_cut_never_splits_a_character_and_says_how_long_the_text_was()
    {
        var text = string.Concat(Enumerable.Repeat("\uD83D\uDE00", 100));
        var kept = string.Concat(Enumerable.Repeat("\uD83D\uDE00", 9));
        Assert.Equal(kept + "\n[cut: 400 bytes in all]", AgentText.Bounded(text, 61));
    }

    public void Dispose()
    {
        _key.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}
