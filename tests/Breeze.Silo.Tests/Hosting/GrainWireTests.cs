using System.Reflection;
using Breeze.Silo.Hosting;
using Breeze.Silo.Tests.Fixture;
using Microsoft.Extensions.DependencyInjection;
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
