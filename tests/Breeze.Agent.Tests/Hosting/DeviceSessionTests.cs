using Breeze.Contracts.Agents;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Time.Testing;

namespace Breeze.Agent.Tests.Hosting;

public sealed class DeviceSessionTests
{
    [Fact]
    public async Task An_inventory_that_a_busy_server_refused_is_told_again_when_it_says_and_then_no_more()
    {
        using var folder = new TemporaryFolder();
        using var signer = new Signer();
        await using var running = new RunningProcessor(folder.Path, signer);
        var time = new FakeTimeProvider();
        var session = running.Session(time);
        var tries = 0;
        var link = new ScriptedLink
        {
            OnInventory = _ => ++tries == 1 ? Task.FromException(new HubException(Busy.Text(TimeSpan.FromSeconds(20)))) : Task.CompletedTask,
        };
        session.Connected(new HelloAnswer(Signer.Now, []), link);
        Assert.Equal(1, tries);
        time.Advance(TimeSpan.FromSeconds(19));
        await Task.Delay(50);
        Assert.Equal(1, tries);
        time.Advance(TimeSpan.FromSeconds(1));
        await Wait.Until(() => tries == 2, "the inventory again");
        session.Disconnected();
        session.Connected(new HelloAnswer(Signer.Now, []), link);
        Assert.Equal(2, tries);
    }
}
