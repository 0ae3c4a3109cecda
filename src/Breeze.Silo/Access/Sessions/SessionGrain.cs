using Breeze.Silo.Hosting;
using Orleans.Concurrency;

namespace Breeze.Silo.Access.Sessions;

/// <summary>One sign-in. Key: the hash of its cookie's secret.</summary>
[Alias("breeze.ISessionGrain")]
public interface ISessionGrain : IGrainWithStringKey
{
    [Alias("Begin")]
    Task Begin(SessionState session);

    /// <summary>Null when there is none, or it is over.</summary>
    [Alias("Find"), ReadOnly]
    Task<SessionState?> Find();

    /// <summary>Ends it for good; a repeat changes nothing.</summary>
    [Alias("End")]
    Task End();
}

/// <inheritdoc cref="ISessionGrain"/>
/// <remarks>Its row is deleted when it ends. A session that nobody ends is cleaned up after by one reminder.</remarks>
[GrainType("session")]
internal sealed class SessionGrain(
    [PersistentState("session", OrleansSetup.Storage)] IPersistentState<SessionState> state, TimeProvider clock) : Grain, ISessionGrain, IRemindable
{
    public async Task Begin(SessionState session)
    {
        // The knock comes first: what is written then is also cleaned up.
        await this.KnockAfter(session.ExpiresAt - clock.GetUtcNow());
        state.State = session;
        try
        {
            await state.WriteStateAsync();
        }
        catch
        {
            // Unsaved: nobody may be answered from it.
            state.State = new();
            DeactivateOnIdle();
            throw;
        }
    }

    public Task<SessionState?> Find()
    {
        if (state.State.ExpiresAt > clock.GetUtcNow())
        {
            return Task.FromResult<SessionState?>(state.State);
        }

        // A made-up cookie costs no memory for longer than its answer takes.
        DeactivateOnIdle();
        return Task.FromResult<SessionState?>(null);
    }

    public async Task End()
    {
        await state.ClearStateAsync();
        await this.StopKnocking();
        DeactivateOnIdle();
    }

    public Task ReceiveReminder(string reminderName, TickStatus status) =>
        state.State.ExpiresAt > clock.GetUtcNow() ? Task.CompletedTask : End();
}

/// <summary>The one reminder of a thing that is over at a known time.</summary>
internal static class Knocks
{
    private const string Name = "over";
    private static readonly TimeSpan Soonest = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Again = TimeSpan.FromHours(1);

    public static Task KnockAfter<T>(this T grain, TimeSpan wait)
        where T : Grain, IRemindable => grain.RegisterOrUpdateReminder(Name, wait > Soonest ? wait : Soonest, Again);

    public static async Task StopKnocking<T>(this T grain)
        where T : Grain, IRemindable
    {
        if (await grain.GetReminder(Name) is { } reminder)
        {
            await grain.UnregisterReminder(reminder);
        }
    }
}
