using Breeze.Agent.Patches;

namespace Breeze.Agent.Tests.Patches;

/// <summary>Names of patches come from other devices of the organization: none may be anything but one version of one package.</summary>
public sealed class PackageVersionTests
{
    [Theory]
    [InlineData("apt:g++-12:amd64=12.2.0-14+deb12u1")]
    [InlineData("apt:libc6:amd64=2.36-9+deb12u13")]
    [InlineData("apt:vim:all=2:9.0.1378-2~bpo11^1")]
    [InlineData("apt:a.b_c:x86_64=1.0+")]
    public void A_version_of_a_package_is_read_and_named_alike(string externalId) =>
        Assert.Equal(externalId, PackageVersion.Parse("apt", externalId)?.ExternalId("apt"));

    [Theory]
    [InlineData("apt:sudo:amd64=1.9-")]
    [InlineData("apt:-o:amd64=1.0")]
    [InlineData("apt:--purge:amd64=1.0")]
    [InlineData("apt:sudo:-=1.0")]
    [InlineData("apt:sudo:amd64=-1.0")]
    [InlineData("apt:sudo:amd64=1.0 --purge")]
    [InlineData("apt:sudo:amd64=1.0\n-o")]
    [InlineData("apt:su*:amd64=1.0")]
    [InlineData("apt:../../etc/x:amd64=1.0")]
    [InlineData("apt:./x:amd64=1.0")]
    [InlineData("apt:x:amd64=../1.0")]
    [InlineData("apt:x:amd64=1/../../0")]
    [InlineData("apt:x:amd64=")]
    [InlineData("apt:x=1.0")]
    [InlineData("apt::amd64=1.0")]
    [InlineData("rpm:x:amd64=1.0")]
    [InlineData("x")]
    public void What_could_be_an_option_a_path_a_pattern_or_a_removal_is_no_version(string externalId) =>
        Assert.Null(PackageVersion.Parse("apt", externalId));
}
