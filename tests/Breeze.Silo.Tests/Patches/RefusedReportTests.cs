using System.Text.Json;
using Breeze.Contracts.Agents;
using Breeze.Silo.Tests.Fixture;
using Xunit;

namespace Breeze.Silo.Tests.Patches;

/// <summary>Reports of hostile devices: refused whole, or stored as the text that they are.</summary>
public abstract class RefusedReportTests(SiloFixture silo)
{
    /// <summary>What no honest agent says: each is refused whole, and audited.</summary>
    public static TheoryData<string, string> Lies => new()
    {
        { "an unknown source", """{"source":"gentoo","complete":true,"available":[],"installed":[]}""" },
        { "another system's source", """{"source":"microsoft","complete":true,"available":[],"installed":[]}""" },
        { "another device's id", """{"deviceId":"0198f6a0-0000-7000-8000-000000000011","source":"linux","complete":true,"available":[],"installed":[]}""" },
        { "no lists", """{"source":"linux","complete":true}""" },
        { "no object", "[]" },
        { "a number for a list", """{"source":"linux","complete":true,"available":3,"installed":[]}""" },
        { "a patch without a name", """{"source":"linux","complete":true,"available":[{"externalId":"","title":"t"}],"installed":[]}""" },
        { "a patch without a title", """{"source":"linux","complete":true,"available":[{"externalId":"x"}],"installed":[]}""" },
        { "a null among the patches", """{"source":"linux","complete":true,"available":[null],"installed":[]}""" },
        { "an unknown severity", """{"source":"linux","complete":true,"available":[{"externalId":"x","title":"t","severity":"dire"}],"installed":[]}""" },
        { "a line break in a name", """{"source":"linux","complete":true,"available":[{"externalId":"x\ny","title":"t"}],"installed":[]}""" },
        { "a NUL in a name", """{"source":"linux","complete":true,"available":[{"externalId":"x\u0000y","title":"t"}],"installed":[]}""" },
        { "half a character in a name", """{"source":"linux","complete":true,"available":[{"externalId":"x\ud800y","title":"t"}],"installed":[]}""" },
        { "a name that is too long", $$"""{"source":"linux","complete":true,"available":[{"externalId":"{{new string('x', 256)}}","title":"t"}],"installed":[]}""" },
        { "a title that is too long", $$"""{"source":"linux","complete":true,"available":[{"externalId":"x","title":"{{new string('x', 501)}}"}],"installed":[]}""" },
        { "a negative size", """{"source":"linux","complete":true,"available":[{"externalId":"x","title":"t","sizeBytes":-1}],"installed":[]}""" },
        { "a part without a scan", """{"source":"linux","complete":true,"available":[],"installed":[],"part":1,"last":true}""" },
        { "a part number that cannot be", """{"source":"linux","complete":true,"available":[],"installed":[],"scanId":"0198f6a0-0000-7000-8000-000000000011","part":0,"last":true}""" },
    };

    [EngineTheory]
    [MemberData(nameof(Lies))]
    public async Task A_report_that_cannot_be_is_refused_whole_and_audited(string what, string message)
    {
        var world = await PatchWorld.Create(silo);
        var device = await world.Device();
        await world.Report(device, [world.Name("old")]);
        var before = await world.Rows(device);
        var answer = await world.Agents[device].Report(JsonDocument.Parse(message).RootElement);
        Assert.True(answer.Refused is { Length: > 0 }, what);
        Assert.Equal(before, await world.Rows(device));
        Assert.Equal(0, await world.Scalar<int>("select count(*) from patch_report_parts where device_id = @device", new { device }));
        Assert.Single(await world.Audited(world.Org, "patches.report"));
    }

    [EngineFact]
    public async Task A_report_with_more_patches_than_any_device_has_is_refused_whole()
    {
        var world = await PatchWorld.Create(silo);
        var device = await world.Device();
        var many = Enumerable.Range(0, PatchReportLimits.Rows + 1).Select(i => new ReportedPatch($"x{i}", "t")).ToList();
        Assert.NotNull((await world.Agents[device].Report(new ReportPatches("linux", true, many, []))).Refused);
        Assert.Empty(await world.Statuses(device));
    }

    [EngineFact]
    public async Task Hostile_text_is_stored_as_text_and_shown_in_one_line()
    {
        var world = await PatchWorld.Create(silo);
        var device = await world.Device();
        await world.Report(device, new ReportPatches(
            "linux", true, [new(world.Name("x'); drop table patches;--"), "a\u0000b\nc\u0007d \ud800<script>", Description: "=cmd|'/c calc'!A1")], []));
        var patch = (await world.Find(world.Name("x'); drop table patches;--")))!;
        Assert.Equal("a\ufffdb c d \ufffd<script>", patch["title"]!.GetValue<string>());
    }

    [Collection(SiloFixture.Sqlite)]
    public sealed class OnSqlite(SqliteSilo silo) : RefusedReportTests(silo);

    [Collection(SiloFixture.Postgres)]
    public sealed class OnPostgres(PostgresSilo silo) : RefusedReportTests(silo);
}
