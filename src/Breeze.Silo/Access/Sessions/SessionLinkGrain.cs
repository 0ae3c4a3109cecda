using Breeze.Silo.Hosting;

namespace Breeze.Silo.Access.Sessions;

/// <summary>One sign-in link. Key: the hash of its secret.</summary>
[Alias("breeze.ISessionLinkGrain")]
public interface ISessionLinkGrain : IGrainWithStringKey
{
    [Alias("Begin")]
    Task Begin(SessionLinkState link);

    /// <summary>The API key that it stands for, once; null when there is no such link, it is over or was used.</summary>
    [Alias("Redeem")]
    Task<Guid?> Redeem();
}

/// <inheritdoc cref="ISessionLinkGrain"/>
/// <remarks>
/// Using it is writing it as over, under its version, before it is deleted, so that deleting decides nothing. Should there be two activations
/// for a moment, the <see cref="Orleans.Storage.InconsistentStateException"/> of one is the other's having been first.
/// </remarks>
[GrainType("session-link")]
internal sealed class SessionLinkGrain(
    [PersistentState("session_link", OrleansSetup.Storage)] IPersistentState<SessionLinkState> state, TimeProvider clock)
    : Grain, ISessionLinkGrain, IRemindable
{
    private bool IsOpen => state.State.ExpiresAt > clock.GetUtcNow();

    public async Task Begin(SessionLinkState link)
    {
        await this.KnockAfter(link.ExpiresAt - clock.GetUtcNow());
        state.State = link;
        try
        {
            await state.WriteStateAsync();
        }
        catch
        {
            state.State = new();
            DeactivateOnIdle();
            throw;
        }
    }

    public async Task<Guid?> Redeem()
    {
        Guid? key = IsOpen ? state.State.KeyId : null;
        if (key is not null)
        {
            state.State = new();
            await state.WriteStateAsync();
        }

        await End();
        return key;
    }

    public Task ReceiveReminder(string reminderName, TickStatus status) => IsOpen ? Task.CompletedTask : End();

    private async Task End()
    {
        DeactivateOnIdle();
        if (state.RecordExists)
        {
            await state.ClearStateAsync();
        }

        await this.StopKnocking();
    }
}
