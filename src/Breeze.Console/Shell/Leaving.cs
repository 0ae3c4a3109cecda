namespace Breeze.Console.Shell;

/// <summary>Cancels what a component has asked for once it is no longer shown.</summary>
/// <remarks>Its token can still be used then, unlike that of a source that has been disposed: what goes on after an await may come back to a component that is gone.</remarks>
public sealed class Leaving : IDisposable
{
    private readonly CancellationTokenSource _source = new();

    public Leaving() => Token = _source.Token;

    public CancellationToken Token { get; }

    public bool IsCancellationRequested => Token.IsCancellationRequested;

    public void Dispose()
    {
        // Twice does nothing: a cancelled source may be cancelled again, but not a disposed one.
        if (!IsCancellationRequested)
        {
            _source.Cancel();
            _source.Dispose();
        }
    }
}
