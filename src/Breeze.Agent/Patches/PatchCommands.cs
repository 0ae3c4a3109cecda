using System.Text;
using System.Text.Json;
using Breeze.Agent.Commands;
using Breeze.Agent.Reboots;
using Breeze.Contracts.Agents;

namespace Breeze.Agent.Patches;

/// <summary><c>install_patches</c> and <c>rollback_patches</c>.</summary>
public sealed class PatchCommands(IReadOnlyList<IPatchSource> sources, PendingReboot reboot) : ICommandExecutor
{
    // All errors of a result together, in characters: each can be six bytes of its frame.
    private const int ErrorCharacters = 16_000;

    public IReadOnlyList<string> Types { get; } = [CommandTypes.InstallPatches, CommandTypes.RollbackPatches];

    public string? Refusal(string type, string payload) => Patches(payload) switch
    {
        null => "The payload is not a list of patches that this agent understands.",
        [] => "There is no patch in the list.",
        _ => null,
    };

    public async Task<Result> Run(RunningCommand command)
    {
        if (Patches(command.Payload) is not { } patches)
        {
            return command.Rejected("The payload in the journal is not a list of patches.");
        }

        var log = new StringBuilder();
        var run = new PatchRun(command.Id, command.Progress, text => log.Append(text), command.Cancelled);
        var results = new Dictionary<Guid, PatchResult>();
        foreach (var group in patches.DistinctBy(patch => patch.Id).GroupBy(patch => patch.Source))
        {
            foreach (var result in await Change([.. group], group.Key, command.Type, run))
            {
                results[result.Id] = result;
            }
        }

        return End(command, [.. patches.DistinctBy(patch => patch.Id).Select(patch => results[patch.Id])], log.ToString());
    }

    private async Task<IReadOnlyList<PatchResult>> Change(IReadOnlyList<PatchReference> patches, string name, string type, PatchRun run) =>
        reboot.Announced is { } at ? All(patches, $"The device is about to restart ({at:u}).")
        : sources.FirstOrDefault(source => source.Name == name) is not { } source ? All(patches, $"This device has no patches of the source '{name}'.")
        : type == CommandTypes.InstallPatches ? await source.Install(patches, run)
        : await source.RollBack(patches, run);

    private static List<PatchResult> All(IReadOnlyList<PatchReference> patches, string why) =>
        [.. patches.Select(patch => new PatchResult(patch.Id, PatchResultStatus.Skipped, why))];

    private static Result End(RunningCommand command, IReadOnlyList<PatchResult> results, string log)
    {
        var failed = results.Count(result => result.Status == PatchResultStatus.Failed);
        var length = Math.Min(2000, ErrorCharacters / Math.Max(1, results.Count(result => result.Error is not null)));
        var data = JsonSerializer.SerializeToElement(
            new PatchResults([.. results.Select(result => result with { Error = result.Error is { } error ? End(error, length) : null })]),
            AgentJson.Default.PatchResults);
        return failed == 0 ? command.Completed(data, log) : command.Failed($"{failed} of {results.Count} patches failed.", data, log);
    }

    // Programs give their reason last.
    private static string End(string error, int length) => error.Length <= length ? error : error[^length..];

    private static IReadOnlyList<PatchReference>? Patches(string payload) =>
        RunningCommand.Read(payload, AgentJson.Default.PatchesPayload)?.Patches is { } patches
        && patches.All(patch => patch is { Source: not null, ExternalId: not null })
            ? patches
            : null;
}
