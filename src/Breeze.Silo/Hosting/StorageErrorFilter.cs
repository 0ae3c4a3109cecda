using System.Data.Common;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Hosting;

/// <summary>Keeps the drivers' errors inside their silo: another one could not read them (they arrive as a codec that is not found).</summary>
internal sealed partial class StorageErrorFilter(ILogger<StorageErrorFilter> logger) : IIncomingGrainCallFilter
{
    public async Task Invoke(IIncomingGrainCallContext context)
    {
        try
        {
            await context.Invoke();
        }
        catch (DbException error)
        {
            LogFailed(error, context.TargetId, context.MethodName);
            throw StorageErrors.WithoutCause(error);
        }
        catch (StorageUnavailableException error) when (error.InnerException is not null)
        {
            LogUnavailable(error.InnerException.Message, context.TargetId, context.MethodName);
            throw StorageErrors.WithoutCause(error);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The database was away in {Grain}.{Method}: {Why}")]
    private partial void LogUnavailable(string why, GrainId grain, string method);

    [LoggerMessage(Level = LogLevel.Error, Message = "The database failed in {Grain}.{Method}.")]
    private partial void LogFailed(Exception error, GrainId grain, string method);
}
