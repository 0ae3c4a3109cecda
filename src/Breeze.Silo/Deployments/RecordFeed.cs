
namespace Breeze.Silo.Deployments;

/// <summary>Tells shards which of their records a commit has changed: one message a shard and commit, never one a device.</summary>
/// <remarks>A message may be lost: the shard reads its rows again on its next tick. Staged inside a commit, published after it.</remarks>
public sealed class RecordFeed(IGrainFactory grains, RunContexts contexts)
{
    private List<RecordChanged> _staged = [];

    public void Stage(List<RecordChanged> changes) => _staged = changes;

    public void Publish()
    {
        var changes = _staged;
        _staged = [];
        Send(changes);
    }

    public void Send(IReadOnlyList<RecordChanged> changes) => _ = SendAll(changes);

    private async Task SendAll(IReadOnlyList<RecordChanged> changes)
    {
        foreach (var run in changes.GroupBy(c => (c.Key.Deployment, c.Key.Run)))
        {
            var batches = (await contexts.Get(run.Key.Deployment, run.Key.Run)).Batches;
            foreach (var shard in run.GroupBy(c => batches.ShardOf(c.Key.Ordinal)))
            {
                _ = grains.GetGrain<IShardGrain>(run.Key.Deployment.Value, ShardAddress.Extension(run.Key.Run, shard.Key)).RecordsChanged([.. shard]);
            }
        }
    }
}

/// <summary>The second half of a shard grain's compound key.</summary>
internal static class ShardAddress
{
    public static string Extension(int run, int shard) => FormattableString.Invariant($"{run}/{shard}");
}
