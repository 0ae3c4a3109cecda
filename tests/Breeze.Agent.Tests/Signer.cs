using System.Security.Cryptography;
using System.Text.Json;
using Breeze.Contracts.Agents;

namespace Breeze.Agent.Tests;

/// <summary>A server's signing key, and commands that it signed.</summary>
public sealed class Signer : IDisposable
{
    public static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private long _sequence;

    public ECDsa Key { get; } = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public CommandKey Public => CommandSignature.PublicKey(Key);

    public Guid DeviceId { get; } = Guid.CreateVersion7();

    public Command Script(string content, ScriptLanguage language = ScriptLanguage.Bash, int timeoutSeconds = 60, Dictionary<string, string>? parameters = null) =>
        Sign(CommandTypes.RunScript, JsonSerializer.Serialize(
            new RunScriptPayload(Guid.CreateVersion7(), language, content, parameters ?? [], timeoutSeconds), AgentJson.Default.RunScriptPayload));

    public Command Sign(string type, string payload) => Again(new(
        Guid.CreateVersion7(), type, payload, 1, 0, Now, Now.AddMinutes(5), Public.Id, ""));

    /// <summary>The command as the server sends it once more: a new sequence, a new signature.</summary>
    public Command Again(Command command) =>
        CommandSignature.Sign(command with { Sequence = ++_sequence, Signature = "" }, DeviceId, Key);

    public void Dispose() => Key.Dispose();
}
