using Breeze.Client.Live;
using Breeze.Contracts.Deployments;
using Breeze.Contracts.Live;

namespace Breeze.Cli.Tests.Client;

public sealed class FollowedDeploymentTests
{
    private readonly FollowedDeployment _followed = new(Sample.DeploymentId);

    [Fact]
    public void Only_newer_messages_are_taken()
    {
        Assert.True(_followed.Take(Progress(3)));
        Assert.False(_followed.Take(Progress(3)));
        Assert.False(_followed.Take(Progress(2)));
        Assert.True(_followed.Take(Progress(4)));
    }

    [Fact]
    public void Device_changes_and_progress_of_one_version_are_both_taken()
    {
        Assert.True(_followed.Take(Progress(3)));
        Assert.True(_followed.Take(new DevicesChanged(Sample.DeploymentId, [], false, 3)));
    }

    [Fact]
    public void A_new_connection_may_count_from_a_lower_version()
    {
        Assert.True(_followed.Take(Progress(900)));
        _followed.StartOver();
        Assert.True(_followed.Take(Progress(1)));
    }

    private static DeploymentProgress Progress(long version) => new(Sample.DeploymentId, DeploymentStatus.Running, null, null, version);
}
