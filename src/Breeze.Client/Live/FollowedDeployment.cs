using Breeze.Contracts.Live;

namespace Breeze.Client.Live;

/// <summary>What has been seen of one followed deployment: messages may come in any order, only newer ones count.</summary>
internal sealed class FollowedDeployment(Guid id)
{
    private readonly Lock _lock = new();
    private long _progressVersion = -1;
    private long _devicesVersion = -1;

    public Guid Id => id;

    /// <summary>True when the message is newer than what is there; only then it is to be shown.</summary>
    public bool Take(DeploymentProgress message)
    {
        lock (_lock)
        {
            return Newer(message.Version, ref _progressVersion);
        }
    }

    /// <summary>Device changes may share a version with the progress message of the same moment: they are compared with their own kind only.</summary>
    public bool Take(DevicesChanged message)
    {
        lock (_lock)
        {
            return Newer(message.Version, ref _devicesVersion);
        }
    }

    /// <summary>Before subscribing on a new connection: another silo, or one that was restarted, may count from a lower version.</summary>
    public void StartOver()
    {
        lock (_lock)
        {
            _progressVersion = -1;
            _devicesVersion = -1;
        }
    }

    private static bool Newer(long version, ref long seen)
    {
        if (version <= seen)
        {
            return false;
        }

        seen = version;
        return true;
    }
}
