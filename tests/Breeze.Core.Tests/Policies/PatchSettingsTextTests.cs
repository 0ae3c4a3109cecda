using System.Text.Json;
using Breeze.Contracts;
using Breeze.Contracts.Policies;
using Breeze.Core.Patches;
using Breeze.Core.Policies;

namespace Breeze.Core.Tests.Policies;

/// <summary>The table of "Patch settings fields", a row for each sentence of it and of the contract.</summary>
public sealed class PatchSettingsTextTests
{
    [Fact]
    public void The_documents_example_is_read_as_it_says()
    {
        var settings = Read(
            """
            {"sources":["microsoft","third_party"],"autoApprove":true,"autoApproveSeverities":["critical","important"],"scheduleFrequency":"weekly",
             "scheduleTime":"02:00","scheduleDayOfWeek":"sun","rebootPolicy":"if_required"}
            """).Value!;
        Assert.Equal([PatchSource.Microsoft, PatchSource.ThirdParty], settings.Sources);
        Assert.True(settings.AutoApprove);
        Assert.Equal([PatchSeverity.Critical, PatchSeverity.Important], settings.AutoApproveSeverities);
        Assert.Equal(new PatchSchedule(ScheduleFrequency.Weekly, new TimeOnly(2, 0), DayOfWeek.Sunday), settings.Schedule);
        Assert.Equal(RebootPolicy.IfRequired, settings.RebootPolicy);
        Assert.Equal((null, 1440), (settings.RebootDelayMinutes, settings.DeadlineMinutes));
    }

    [Fact]
    public void What_is_left_out_takes_its_default_and_is_answered_with_it()
    {
        var settings = Read("{}").Value!;
        Assert.Equal(Enum.GetValues<PatchSource>(), settings.Sources);
        Assert.Null(settings.Schedule);
        Assert.False(settings.AutoApprove);
        var body = PatchSettingsText.ToBody(settings);
        Assert.Equal(("if_required", 15, 1440), (body.RebootPolicy, body.RebootDelayMinutes, body.DeadlineMinutes));
    }

    [Theory]
    [InlineData("""{"scheduleFrequency":"daily","scheduleTime":"00:00"}""")]
    [InlineData("""{"scheduleFrequency":"daily","scheduleTime":"23:59","rebootPolicy":"never","rebootDelayMinutes":0,"deadlineMinutes":1}""")]
    [InlineData("""{"scheduleFrequency":"weekly","scheduleTime":"02:00","scheduleDayOfWeek":"sat","rebootPolicy":"always","rebootDelayMinutes":1440}""")]
    [InlineData("""{"scheduleFrequency":"monthly","scheduleTime":"02:00","scheduleDayOfMonth":31,"deadlineMinutes":43200}""")]
    [InlineData("""{"sources":["custom"],"autoApproveSeverities":["low"]}""")]
    public void What_is_written_reads_the_same_again(string json)
    {
        var settings = Read(json).Value!;
        var written = PatchSettingsText.Write(settings);
        Assert.Equal(written, PatchSettingsText.Write(PatchSettingsText.Read(written)));
        Assert.Equal(settings.Schedule, PatchSettingsText.Read(written).Schedule);
    }

    [Theory]
    [InlineData("""{"sources":[]}""", "sources")]
    [InlineData("""{"sources":["linux","windows"]}""", "sources[1]")]
    [InlineData("""{"autoApprove":true}""", "autoApproveSeverities")]
    [InlineData("""{"autoApprove":true,"autoApproveSeverities":[]}""", "autoApproveSeverities")]
    [InlineData("""{"autoApproveSeverities":["unknown"]}""", "autoApproveSeverities")]
    [InlineData("""{"autoApproveSeverities":["severe"]}""", "autoApproveSeverities[0]")]
    [InlineData("""{"scheduleFrequency":"hourly","scheduleTime":"02:00"}""", "scheduleFrequency")]
    [InlineData("""{"scheduleFrequency":"daily"}""", "scheduleTime")]
    [InlineData("""{"scheduleFrequency":"daily","scheduleTime":"2:00"}""", "scheduleTime")]
    [InlineData("""{"scheduleFrequency":"daily","scheduleTime":"24:00"}""", "scheduleTime")]
    [InlineData("""{"scheduleFrequency":"daily","scheduleTime":"02:60"}""", "scheduleTime")]
    [InlineData("""{"scheduleFrequency":"daily","scheduleTime":"02:00:00"}""", "scheduleTime")]
    [InlineData("""{"scheduleFrequency":"weekly","scheduleTime":"02:00"}""", "scheduleDayOfWeek")]
    [InlineData("""{"scheduleFrequency":"weekly","scheduleTime":"02:00","scheduleDayOfWeek":"sunday"}""", "scheduleDayOfWeek")]
    [InlineData("""{"scheduleFrequency":"daily","scheduleTime":"02:00","scheduleDayOfWeek":"sun"}""", "scheduleDayOfWeek")]
    [InlineData("""{"scheduleFrequency":"monthly","scheduleTime":"02:00"}""", "scheduleDayOfMonth")]
    [InlineData("""{"scheduleFrequency":"monthly","scheduleTime":"02:00","scheduleDayOfMonth":0}""", "scheduleDayOfMonth")]
    [InlineData("""{"scheduleFrequency":"monthly","scheduleTime":"02:00","scheduleDayOfMonth":32}""", "scheduleDayOfMonth")]
    [InlineData("""{"scheduleFrequency":"weekly","scheduleTime":"02:00","scheduleDayOfWeek":"sun","scheduleDayOfMonth":1}""", "scheduleDayOfMonth")]
    [InlineData("""{"scheduleTime":"02:00"}""", "scheduleTime")]
    [InlineData("""{"scheduleDayOfMonth":3}""", "scheduleDayOfMonth")]
    [InlineData("""{"rebootPolicy":"sometimes"}""", "rebootPolicy")]
    [InlineData("""{"rebootDelayMinutes":-1}""", "rebootDelayMinutes")]
    [InlineData("""{"rebootDelayMinutes":1441}""", "rebootDelayMinutes")]
    [InlineData("""{"deadlineMinutes":0}""", "deadlineMinutes")]
    [InlineData("""{"deadlineMinutes":43201}""", "deadlineMinutes")]
    public void What_has_no_meaning_or_no_effect_is_refused_by_name(string json, string member)
    {
        var refusal = Read(json).Refusal;
        Assert.Equal((RefusalKind.Invalid, "inlineSettings." + member), (refusal!.Kind, refusal.Field));
    }

    [Theory]
    [InlineData(PatchSource.Linux, PatchSeverity.Critical, true)]
    [InlineData(PatchSource.Linux, PatchSeverity.Important, false)]
    [InlineData(PatchSource.Microsoft, PatchSeverity.Critical, false)]
    [InlineData(PatchSource.Linux, PatchSeverity.Unknown, false)]
    public void A_patch_is_approved_when_its_source_and_its_severity_are_listed(PatchSource source, PatchSeverity severity, bool approves)
    {
        var settings = Read("""{"sources":["linux"],"autoApprove":true,"autoApproveSeverities":["critical"]}""").Value!;
        Assert.Equal(approves, settings.Approves(source, severity));
        Assert.False((settings with { AutoApprove = false }).Approves(source, severity));
    }

    private static Answer<PatchSettings> Read(string json) =>
        PatchSettingsText.Parse(JsonSerializer.Deserialize<PatchSettingsBody>(json, BreezeJson.Options)!);
}
