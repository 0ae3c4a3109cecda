using Breeze.Core.Patches;
using CsCheck;

namespace Breeze.Core.Tests.Patches;

public sealed class InventoryDiffTests
{
    private static readonly Guid[] Ids = [.. Enumerable.Range(1, 6).Select(i => new Guid(i, 0, 0, new byte[8]))];

    private static readonly Gen<(Dictionary<Guid, KnownPatch> Known, List<SeenPatch> Seen, bool Complete, bool[] Approved)> Cases =
        from known in Gen.Int[0, 6].Array[6]
        from seen in Gen.Int[0, 2].Array[6]
        from said in Gen.Long[0, 2].Array[6]
        from complete in Gen.Bool
        from approved in Gen.Bool.Array[6]
        select (
            Ids.Where((_, i) => known[i] > 0).ToDictionary(id => id, id => new KnownPatch(
                id, new((DevicePatchStatus)known[Array.IndexOf(Ids, id)], known[Array.IndexOf(Ids, id)] is 1 or 3 or 4), "1", null, 1)),
            Ids.Where((_, i) => seen[i] > 0).Select(id => new SeenPatch(id, seen[Array.IndexOf(Ids, id)] == 1, "1", null, said[Array.IndexOf(Ids, id)])).ToList(),
            complete,
            approved);

    [Fact]
    public void A_report_applied_twice_changes_nothing_the_second_time() => Cases.Sample(c =>
    {
        var approved = Ids.Zip(c.Approved).ToDictionary(p => p.First, p => p.Second);
        var after = Apply(c.Known, InventoryDiff.Of(c.Known, c.Seen, c.Complete, id => approved[id]));
        return InventoryDiff.Of(after, c.Seen, c.Complete, id => approved[id]).Count == 0;
    });

    [Fact]
    public void An_incomplete_report_takes_nothing_away() => Cases.Sample(c =>
        InventoryDiff.Of(c.Known, c.Seen, complete: false, _ => throw new InvalidOperationException("Nothing is absent."))
            .All(change => c.Seen.Any(s => s.Patch == change.Patch)));

    [Fact]
    public void A_complete_report_decides_about_every_known_patch() => Cases.Sample(c =>
    {
        var after = Apply(c.Known, InventoryDiff.Of(c.Known, c.Seen, complete: true, _ => true));
        return after.Values.All(k => c.Seen.Any(s => s.Patch == k.Patch)
            ? k.State.Offered || k.State.Status == DevicePatchStatus.Installed
            : k.State is { Offered: false, Status: DevicePatchStatus.Missing or DevicePatchStatus.Failed });
    });

    [Theory]
    [InlineData(PatchSource.Microsoft, "windows")]
    [InlineData(PatchSource.Apple, "macos")]
    [InlineData(PatchSource.Linux, "linux")]
    [InlineData(PatchSource.ThirdParty, "windows macos linux")]
    [InlineData(PatchSource.Custom, "windows macos linux")]
    public void A_source_belongs_to_its_systems(PatchSource source, string systems) =>
        Assert.Equal(systems, string.Join(' ', new[] { "windows", "macos", "linux" }.Where(os => InventoryDiff.Suits(source, os))));

    [Theory]
    [InlineData(0, 0, 100)]
    [InlineData(0, 5, 0)]
    [InlineData(5, 5, 100)]
    [InlineData(1, 3, 33.33)]
    [InlineData(2, 3, 66.67)]
    [InlineData(1, 8, 12.5)]
    [InlineData(99_999, 100_000, 99.99)]
    [InlineData(1, 100_000, 0.01)]
    [InlineData(4_999_999, 5_000_000, 99.99)]
    public void Compliance_is_rounded_but_never_to_all_or_nothing(long installed, long total, double percent) =>
        Assert.Equal((decimal)percent, ComplianceScore.Percent(installed, total));

    private static Dictionary<Guid, KnownPatch> Apply(Dictionary<Guid, KnownPatch> known, IReadOnlyList<PatchChange> changes)
    {
        var after = new Dictionary<Guid, KnownPatch>(known);
        foreach (var change in changes)
        {
            after[change.Patch] = new(change.Patch, change.After, change.Version, change.CurrentVersion, change.Statement);
        }

        return after;
    }
}
