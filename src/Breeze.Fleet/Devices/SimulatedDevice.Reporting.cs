using Breeze.Agent.Connection;
using Breeze.Contracts.Agents;

namespace Breeze.Fleet.Devices;

/// <summary>Asking and reporting, until the server has answered; and lying, where the behaviour says so.</summary>
public sealed partial class SimulatedDevice
{
    private async Task Ask(IServerLink link, SimulatedCommand command)
    {
        try
        {
            await Lie(link, command);
            var answer = await link.Accept(new Accepted(command.Id, command.Attempt), CancellationToken.None);
            Proceed(command, answer.Proceed);
        }
        catch (Exception)
        {
            await Again(link, command);
        }
    }

    private async Task ReportLate(SimulatedCommand command, TimeSpan by)
    {
        await _fleet.Wait(by, _fleet.Stopped);
        command.IsReportable = true;
        Continue(command);
    }

    private async Task Report(IServerLink link, SimulatedCommand command)
    {
        try
        {
            var repeats = _fleet.Behaviour.Decide(Index, command.Attempt).Repeats;
            for (var time = 0; time <= repeats; time++)
            {
                await link.Report(command.Result!, CancellationToken.None);
            }

            lock (_lock)
            {
                command.IsAsking = false;
                if (!command.IsAcknowledged)
                {
                    command.IsAcknowledged = true;
                    _fleet.Counters.Acknowledged();
                }
            }
        }
        catch (Exception)
        {
            await Again(link, command);
        }
    }

    // The connection may be gone, in which case the next one continues; or the server could not answer just now.
    private async Task Again(IServerLink link, SimulatedCommand command)
    {
        await _fleet.Wait(RepeatAfter, _fleet.Stopped);
        lock (_lock)
        {
            if (_link != link || _fleet.Stopped.IsCancellationRequested)
            {
                return;
            }

            command.IsAsking = false;
        }

        Continue(command);
    }

    // What a broken or hostile agent may say: none of it may change anything.
    private async Task Lie(IServerLink link, SimulatedCommand command)
    {
        if (!_fleet.Behaviour.Decide(Index, command.Attempt).Lies)
        {
            return;
        }

        foreach (var lie in new[]
        {
            new Result(command.Id, command.Attempt + 1, ResultStatus.Completed, 0, "another attempt's"),
            new Result(Guid.CreateVersion7(), 1, ResultStatus.Completed, 0, "nobody's"),
        })
        {
            try
            {
                await link.Report(lie, CancellationToken.None);
            }
            catch (Microsoft.AspNetCore.SignalR.HubException)
            {
                // Refused, as it should be.
            }
        }
    }
}
