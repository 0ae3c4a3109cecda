using System.Text.Json;
using Breeze.Agent.Connection;
using Breeze.Agent.Patches;
using Breeze.Agent.Tools;
using Breeze.Contracts.Agents;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Time.Testing;

namespace Breeze.Agent.Tests.Patches;

public sealed class ReportPartsTests
{
    [Fact]
    public void A_small_report_is_whole_and_an_empty_one_too()
    {
        var whole = Assert.Single(ReportParts.Of("linux", new PatchInventory([Patch(1)], [Patch(2)])));
        Assert.Equal(("linux", true, null, null, null), (whole.Source, whole.Complete, whole.ScanId, whole.Part, whole.Last));
        Assert.Empty(Assert.Single(ReportParts.Of("linux", new PatchInventory([], []))).Available);
    }

    [Fact]
    public void A_large_one_is_cut_into_frames_that_together_hold_every_row_once()
    {
        var inventory = new PatchInventory([.. Enumerable.Range(0, 700).Select(n => Patch(n, 2000))], [.. Enumerable.Range(1000, 4000).Select(n => Patch(n))], "old lists");
        var parts = ReportParts.Of("linux", inventory);
        Assert.True(parts.Count > 5);
        Assert.Equal(Enumerable.Range(1, parts.Count), parts.Select(part => part.Part!.Value));
        Assert.Equal([parts.Count], parts.Where(part => part.Last == true).Select(part => part.Part!.Value));
        Assert.Single(parts.Select(part => part.ScanId).Distinct());
        Assert.All(parts, part => Assert.False(part.Complete));
        Assert.All(parts, part => Assert.InRange(JsonSerializer.SerializeToUtf8Bytes(part, AgentJson.Default.ReportPatches).Length, 1, AgentMethods.MaxFrameBytes - 4096));
        Assert.Equal(inventory.Available, parts.SelectMany(part => part.Available));
        Assert.Equal(inventory.Installed, parts.SelectMany(part => part.Installed));
        Assert.NotEqual(parts[0].ScanId, ReportParts.Of("linux", inventory)[0].ScanId);
    }

    [Fact]
    public void More_rows_than_a_server_takes_are_an_error_and_not_a_part_of_them() =>
        Assert.Throws<ToolException>(() => ReportParts.Of("linux", new PatchInventory([], [.. Enumerable.Range(0, PatchReportLimits.Rows + 1).Select(n => Patch(n))])));

    [Fact]
    public async Task A_connection_lost_between_parts_sends_them_all_again()
    {
        var inventory = new PatchInventory([.. Enumerable.Range(0, 500).Select(n => Patch(n, 2000))], []);
        var reports = new ServerReports(TimeProvider.System);
        var sending = reports.Send(() => ReportParts.Of("linux", inventory), CancellationToken.None);
        Assert.False(sending.IsCompleted);

        var lost = new ScriptedLink { OnPatches = part => part.Part == 3 ? Task.FromException<Acknowledged>(new IOException("gone")) : Task.FromResult(new Acknowledged()) };
        reports.Connected(lost);
        await Wait.Until(() => lost.Patches.Count >= 2, "two parts");
        reports.Disconnected();
        var link = new ScriptedLink();
        reports.Connected(link);
        Assert.Null(await sending.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal(500, link.Patches.Sum(part => part.Available.Count));
        Assert.NotEqual(lost.Patches.First().ScanId, link.Patches.First().ScanId);
    }

    [Fact]
    public async Task A_refused_report_is_not_sent_again()
    {
        var reports = new ServerReports(TimeProvider.System);
        var link = new ScriptedLink { OnPatches = _ => Task.FromResult(new Acknowledged("unknown source")) };
        reports.Connected(link);
        Assert.Equal("unknown source", await reports.Send(() => ReportParts.Of("linux", new PatchInventory([], [])), CancellationToken.None));
        Assert.Single(link.Patches);
    }

    [Fact]
    public async Task A_busy_server_is_left_alone_for_as_long_as_it_asks_and_gets_the_report_then()
    {
        var time = new FakeTimeProvider();
        var reports = new ServerReports(time);
        var tries = 0;
        var link = new ScriptedLink
        {
            OnPatches = _ => ++tries == 1
                ? Task.FromException<Acknowledged>(new HubException("HubException: " + Busy.Text(TimeSpan.FromSeconds(40))))
                : Task.FromResult(new Acknowledged()),
        };
        reports.Connected(link);
        var sending = reports.Send(() => ReportParts.Of("linux", new PatchInventory([], [])), CancellationToken.None);
        Assert.Equal(1, tries);
        time.Advance(TimeSpan.FromSeconds(39));
        await Task.Delay(50);
        Assert.Equal(1, tries);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(await sending.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Single(link.Patches);
    }

    [Theory]
    [InlineData("The server is busy; again in 1500 ms.", 1500)]
    [InlineData("An unexpected error occurred invoking 'ReportPatches' on the server. HubException: The server is busy; again in 20000 ms.", 20000)]
    [InlineData("The server is busy; again in 99999999 ms.", 600_000)]
    [InlineData("The server is busy; again in a moment.", null)]
    [InlineData("Say Hello first.", null)]
    public void An_error_tells_how_long_to_wait_or_nothing(string error, int? ms) =>
        Assert.Equal(ms is { } known ? TimeSpan.FromMilliseconds(known) : null, Busy.Hint(error));

    private static ReportedPatch Patch(int n, int description = 0) =>
        new($"apt:package{n}:amd64=1.{n}", $"package{n}", $"1.{n}", "important", Description: description == 0 ? null : new string('ü', description / 6));
}
