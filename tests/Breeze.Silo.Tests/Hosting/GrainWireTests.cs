using System.Reflection;
using Breeze.Silo.Hosting;
using Breeze.Silo.Storage;
using Breeze.Silo.Tests.Fixture;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Orleans.Serialization;
using Orleans.Serialization.Serializers;
using Xunit;

namespace Breeze.Silo.Tests.Hosting;

/// <summary>Inside one silo a call needs no serializer, so only this, or a second silo, shows one that is missing.</summary>
[Collection(SiloFixture.Sqlite)]
public sealed class GrainWireTests(SqliteSilo silo)
{
    [Fact]
    public void Whatever_grains_take_and_answer_can_cross_to_another_silo()
    {
        var codecs = silo.Services.GetRequiredService<CodecProvider>();
        var missing = Carried().Distinct().Where(type => !HasCodec(codecs, type)).Select(type => type.ToString()).Order().ToList();
        Assert.True(missing.Count == 0, $"No serializer for: {string.Join(", ", missing)}");
    }

    [Fact]
    public void A_drivers_error_crosses_too_inside_whatever_it_is()
    {
        var serializer = silo.Services.GetRequiredService<Serializer>();
        Exception[] causes =
        [
            new NpgsqlException("away", new IOException("closed")),
            new PostgresException("terminating connection", "FATAL", "FATAL", PostgresErrorCodes.AdminShutdown),
            new SqliteException("locked", 5),
        ];
        foreach (var cause in causes)
        {
            var sent = new OrleansException("Failed to activate.", new StorageUnavailableException("away", retryable: true, cause));
            var arrived = serializer.Deserialize<Exception>(serializer.SerializeToArray<Exception>(sent));
            Assert.True(Assert.IsType<StorageUnavailableException>(arrived!.InnerException).Retryable);
            var inner = arrived.InnerException!.InnerException!;
            Assert.IsType(cause.GetType(), inner);
            Assert.True(cause is SqliteException || StorageErrors.IsTransient(inner));
        }
    }

    [Fact]
    public void A_full_disk_is_told_as_such_across_silos()
    {
        var serializer = silo.Services.GetRequiredService<Serializer>();
        var full = new SqliteException("full", 13);
        foreach (var error in new Exception[] { full, new StorageUnavailableException("away", retryable: true, full) { IsFull = true } })
        {
            var sent = StorageErrors.WithoutCause(error);
            Assert.Null(sent.InnerException);
            var arrived = Assert.IsType<StorageUnavailableException>(serializer.Deserialize<Exception>(serializer.SerializeToArray<Exception>(sent)));
            Assert.Equal((true, true, sent.Message), (arrived.Retryable, arrived.IsFull, arrived.Message));
        }
    }

    private static IEnumerable<Type> Carried() =>
        from grain in typeof(SiloSettings).Assembly.GetTypes()
        where grain.IsInterface && grain.IsAssignableTo(typeof(Orleans.Runtime.IAddressable))
        from method in grain.GetMethods()
        from type in Types(method)
        select type;

    private static IEnumerable<Type> Types(MethodInfo method)
    {
        foreach (var parameter in method.GetParameters().Where(p => p.ParameterType != typeof(CancellationToken)))
        {
            yield return parameter.ParameterType;
        }

        if (method.ReturnType.IsGenericType)
        {
            yield return method.ReturnType.GetGenericArguments()[0];
        }
    }

    private static bool HasCodec(CodecProvider codecs, Type type)
    {
        try
        {
            return codecs.TryGetCodec(type) is not null;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // The type itself has one, and something inside it has none.
            return false;
        }
    }
}
