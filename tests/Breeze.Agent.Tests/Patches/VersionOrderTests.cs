using Breeze.Agent.Patches.Apt;
using Breeze.Agent.Patches.Dnf;

namespace Breeze.Agent.Tests.Patches;

public sealed class VersionOrderTests
{
    // Each line in ascending order; the first ones are from Debian Policy 5.6.12 and dpkg's own tests.
    public static readonly TheoryData<string> Debian = new(
        "1.0~beta1~svn1245 1.0~beta1 1.0 1.0-1 1.0-1+b1 1.0-1.1 1.0a 1.0b 1.0+deb1 1.1 1.2 1.10 1:0.1 2:0",
        "0.4.0-1 0.4.a6-2",
        "7.6-0 7.6p2-4",
        "3.0.11-1~deb12u2 3.0.11-1 3.0.13-1~deb12u1 3.0.15-1~deb12u1 3.0.15-1",
        "1.2.3-1 1.2.3-1ubuntu1 1.2.3-1ubuntu1.1 1.2.3-2",
        "~~ ~~a ~ 0 a");

    // From rpm's own rpmvercmp.at.
    public static readonly TheoryData<string> Rpm = new(
        "1.0~rc1 1.0~rc2 1.0 1.0^ 1.0^git1 1.0^git2 1.0.1 1.01.1.1 2.0 10",
        "5.5p1 5.5p2 5.5p10 5.6",
        "xyz 8xyz",
        "FC5 fc4",
        "2a 2.0",
        "1.0-1.el9 1.0-2.el9 1.0-2.el9_1 1.0-10.el9 1:0.5-1.el9",
        "1.0^20160101 1.0^20160102 1.0.1");

    [Theory]
    [MemberData(nameof(Debian))]
    public void Debian_versions_are_ordered_as_dpkg_orders_them(string ascending) => AssertOrder(ascending.Split(' '), DebianVersion.Compare);

    [Theory]
    [MemberData(nameof(Rpm))]
    public void Rpm_versions_are_ordered_as_rpm_orders_them(string ascending) => AssertOrder(ascending.Split(' '), RpmVersion.Compare);

    [Theory]
    [InlineData("1.0", "1.0")]
    [InlineData("1.01", "1.1")]
    [InlineData("0:1.0-1", "1.0-1")]
    [InlineData("1.0-0", "1.0-00")]
    public void Versions_that_are_the_same_are_equal(string left, string right)
    {
        Assert.Equal(0, DebianVersion.Compare(left, right));
        Assert.Equal(0, RpmVersion.Compare(left, right));
    }

    [AptFact]
    public void Dpkg_agrees()
    {
        foreach (var row in Debian)
        {
            var versions = row.Split(' ');
            foreach (var (left, right) in versions.SelectMany(left => versions.Select(right => (left, right))))
            {
                using var dpkg = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("dpkg", ["--compare-versions", left, "lt", right]) { RedirectStandardError = true })!;
                dpkg.WaitForExit();
                Assert.True(dpkg.ExitCode == 0 == DebianVersion.Compare(left, right) < 0, $"{left} {right}");
            }
        }
    }

    private static void AssertOrder(string[] ascending, Comparison<string> compare)
    {
        for (var left = 0; left < ascending.Length; left++)
        {
            for (var right = 0; right < ascending.Length; right++)
            {
                Assert.True(Math.Sign(compare(ascending[left], ascending[right])) == left.CompareTo(right), $"{ascending[left]} against {ascending[right]}: {compare(ascending[left], ascending[right])}");
            }
        }
    }
}
