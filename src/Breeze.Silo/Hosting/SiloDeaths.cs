namespace Breeze.Silo.Hosting;

/// <summary>Tells when another silo of the cluster has been declared dead: what it worked at is to be taken up by somebody.</summary>
internal sealed class SiloDeaths : ISiloStatusListener
{
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public SiloDeaths(ISiloStatusOracle silos) => silos.SubscribeToSiloStatusEvents(this);

    /// <summary>Completes with the next death.</summary>
    public Task Next => Volatile.Read(ref _next).Task;

    public void SiloStatusChangeNotification(SiloAddress updatedSilo, SiloStatus status)
    {
        if (status == SiloStatus.Dead)
        {
            Interlocked.Exchange(ref _next, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
        }
    }
}
