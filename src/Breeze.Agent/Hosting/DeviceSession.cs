using Breeze.Agent.Commands;
using Breeze.Agent.Connection;
using Breeze.Agent.Inventory;
using Breeze.Contracts.Agents;
using Microsoft.Extensions.Logging;

namespace Breeze.Agent.Hosting;

/// <summary>This machine behind its connection: keys are learned, facts told, commands handed to the processor.</summary>
/// <param name="processor">Takes the commands.</param>
/// <param name="types">The types of commands that it runs, told as capabilities.</param>
/// <param name="keys">The pinned keys.</param>
/// <param name="pin">Writes the keys down; a learned one must survive a restart.</param>
/// <param name="time">Times the wait for a busy server.</param>
/// <param name="logger">For what went wrong.</param>
public sealed partial class DeviceSession(
    CommandProcessor processor, IReadOnlyList<string> types, CommandKeyRing keys, Action<IReadOnlyList<CommandKey>> pin, TimeProvider time, ILogger<DeviceSession> logger)
    : IAgentSession
{
    private bool _inventoried;

    public Hello Hello() => DeviceFacts.Hello(types);

    public void Connected(HelloAnswer answer, IServerLink link)
    {
        if (keys.Learn(answer.CommandKeys))
        {
            pin(keys.Keys);
            LogLearned(keys.Keys.Count);
        }

        processor.Connected(link, answer.ServerTime);
        _ = ReportInventory(link);
    }

    public void Disconnected() => processor.Disconnected();

    public void Received(Command command) => processor.Received(command);

    public void Cancelled(Guid commandId) => processor.Cancelled(commandId);

    // Once a start is enough: Hello tells the versions on every connection.
    private async Task ReportInventory(IServerLink link)
    {
        if (_inventoried)
        {
            return;
        }

        for (var isBusy = true; isBusy;)
        {
            isBusy = false;
            try
            {
                await link.Report(DeviceFacts.Inventory(), CancellationToken.None);
                _inventoried = true;
            }
            catch (Exception e)
            {
                LogNoInventory(e.Message);
                if (Busy.Hint(e.Message) is { } wait)
                {
                    isBusy = true;
                    await Task.Delay(wait, time);
                }
            }
        }
    }

    [LoggerMessage(LogLevel.Information, "A new command key was vouched for; {Count} are pinned now")]
    private partial void LogLearned(int count);

    [LoggerMessage(LogLevel.Debug, "The inventory was not taken, it is told again later or on the next connection: {Reason}")]
    private partial void LogNoInventory(string reason);
}
