using Orleans.Storage;

namespace Breeze.Silo.Deployments;

/// <summary>A row was written by another owner since this one read it.</summary>
/// <remarks>Derives from <see cref="InconsistentStateException"/>: when it escapes a grain call, Orleans replaces the activation.</remarks>
[GenerateSerializer, Alias("breeze.VersionConflict")]
public sealed class VersionConflictException : InconsistentStateException
{
    public VersionConflictException()
    {
    }

    public VersionConflictException(string message)
        : base(message)
    {
    }

    public VersionConflictException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
