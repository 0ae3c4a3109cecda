using System.Collections.Concurrent;
using System.Threading.Channels;
using Breeze.Agent.Connection;
using Breeze.Contracts.Agents;

namespace Breeze.Agent.Tests;

/// <summary>The network's other end: answers as told, and remembers what it was told.</summary>
public sealed class ScriptedLink : IServerLink
{
    private readonly Channel<Result> _results = Channel.CreateUnbounded<Result>();
    private readonly Channel<Accepted> _accepted = Channel.CreateUnbounded<Accepted>();

    public Func<Accepted, Task<AcceptAnswer>> OnAccept { get; set; } = _ => Task.FromResult(new AcceptAnswer(true));

    public Func<Result, Task> OnResult { get; set; } = _ => Task.CompletedTask;

    public ConcurrentQueue<Result> Results { get; } = new();

    public Task<AcceptAnswer> Accept(Accepted accepted, CancellationToken cancelled)
    {
        _accepted.Writer.TryWrite(accepted);
        return OnAccept(accepted);
    }

    public async Task<Acknowledged> Report(Result result, CancellationToken cancelled)
    {
        await OnResult(result);
        Results.Enqueue(result);
        _results.Writer.TryWrite(result);
        return new Acknowledged();
    }

    public Func<ReportPatches, Task<Acknowledged>> OnPatches { get; set; } = _ => Task.FromResult(new Acknowledged());

    public ConcurrentQueue<ReportPatches> Patches { get; } = new();

    public ConcurrentQueue<CommandPhase> Phases { get; } = new();

    public Func<ReportInventory, Task> OnInventory { get; set; } = _ => Task.CompletedTask;

    public Task Report(ReportInventory inventory, CancellationToken cancelled) => OnInventory(inventory);

    public async Task<Acknowledged> Report(ReportPatches patches, CancellationToken cancelled)
    {
        var answer = await OnPatches(patches);
        Patches.Enqueue(patches);
        return answer;
    }

    public Task Tell(Progress progress, CancellationToken cancelled)
    {
        Phases.Enqueue(progress.Phase);
        return Task.CompletedTask;
    }

    public Task<Result> NextResult() => Next(_results, "result");

    public Task<Accepted> NextAccepted() => Next(_accepted, "acceptance");

    private static async Task<T> Next<T>(Channel<T> channel, string what)
    {
        try
        {
            return await channel.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"The agent sent no {what} within 30 s.");
        }
    }
}
