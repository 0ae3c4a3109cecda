using System.Reflection;
using Breeze.Core;
using Breeze.Silo.Hosting;
using Breeze.Silo.Tests.Fixture;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Metadata;
using Xunit;

namespace Breeze.Silo.Tests.Hosting;

/// <summary>What silos of two versions say to each other, and what grain state is stored as: it grows, and nothing of it changes or goes.</summary>
[Collection(SiloFixture.Sqlite)]
public sealed class GrainContractTests(SqliteSilo silo)
{
    /// <summary>
    /// Add what is new with <c>BREEZE_GOLDEN=write dotnet test tests/Breeze.Silo.Tests --filter GrainContract</c>. A line that went or changed is
    /// one that silos of the version before, or stored rows, still have: docs/upgrade.md.
    /// </summary>
    [Fact]
    public async Task Every_contract_that_was_agreed_on_still_holds()
    {
        var golden = Path.Combine(Root(), "tests", "Breeze.Silo.Tests", "Hosting", "grain-contracts.txt");
        var now = Grains().Concat(Calls()).Concat(Types()).Concat(States()).Distinct().Order(StringComparer.Ordinal).ToList();
        if (Environment.GetEnvironmentVariable("BREEZE_GOLDEN") == "write")
        {
            await File.WriteAllLinesAsync(golden, now);
        }

        var agreed = await File.ReadAllLinesAsync(golden);
        Assert.True(agreed.Length > 100, $"Only {agreed.Length} contracts are held.");
        var broken = agreed.Except(now).ToList();
        Assert.True(broken.Count == 0, $"No more as agreed on:\n{string.Join('\n', broken)}");
    }

    // By which names a call finds its grain on another silo, and a row its grain.
    private IEnumerable<string> Grains()
    {
        var manifest = silo.Services.GetRequiredService<IClusterManifestProvider>().LocalGrainManifest;
        foreach (var (type, grain) in manifest.Grains.Where(g => IsOurs(g.Value.Properties.GetValueOrDefault(WellKnownGrainTypeProperties.FullTypeName))))
        {
            yield return $"grain {type} is {grain.Properties[WellKnownGrainTypeProperties.FullTypeName]}";
        }

        foreach (var type in Interfaces())
        {
            var id = silo.Services.GetRequiredService<GrainInterfaceTypeResolver>().GetGrainInterfaceType(type);
            yield return $"interface {id} is {Name(type)}";
        }
    }

    private static IEnumerable<string> Calls() =>
        from type in Interfaces()
        from method in type.GetMethods()
        let parameters = method.GetParameters().Where(p => p.ParameterType != typeof(CancellationToken)).Select(p => Name(p.ParameterType))
        select $"call {Name(type)}.{Alias(method) ?? method.Name}({string.Join(", ", parameters)}) -> {Name(method.ReturnType)}";

    private static IEnumerable<string> Types() =>
        from type in Ours()
        where type.GetCustomAttribute<GenerateSerializerAttribute>() is not null
        from line in Members(type).DefaultIfEmpty("nothing")
        select $"type {Name(type)} has {line}";

    // An enum's numbers travel, so they are its members.
    private static IEnumerable<string> Members(Type type) => type.IsEnum
        ? Enum.GetNames(type).Select(name => $"{Convert.ToInt64(Enum.Parse(type, name), null)} {name}")
        : from member in type.GetMembers(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.DeclaredOnly)
          let id = member.GetCustomAttribute<IdAttribute>()
          where id is not null
          select $"{id.Id} {Name(member is PropertyInfo property ? property.PropertyType : ((FieldInfo)member).FieldType)}";

    private static IEnumerable<string> States() =>
        from type in Ours()
        from constructor in type.GetConstructors()
        from parameter in constructor.GetParameters()
        let state = parameter.GetCustomAttribute<PersistentStateAttribute>()
        where state is not null
        select $"state {state.StateName} is {Name(parameter.ParameterType.GetGenericArguments()[0])}";

    private static IEnumerable<Type> Interfaces() =>
        typeof(SiloSettings).Assembly.GetTypes().Where(t => t.IsInterface && t.IsAssignableTo(typeof(IAddressable)));

    private static IEnumerable<Type> Ours() => new[] { typeof(SiloSettings).Assembly, typeof(OrgId).Assembly }.SelectMany(a => a.GetTypes());

    private static bool IsOurs(string? type) => type?.StartsWith("Breeze.", StringComparison.Ordinal) ?? false;

    private static string Name(Type type) => type switch
    {
        { IsGenericType: true } => $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>",
        { IsGenericParameter: true } => type.Name,
        _ => Alias(type) ?? type.FullName ?? type.Name,
    };

    private static string? Alias(MemberInfo member) => member.GetCustomAttribute<AliasAttribute>()?.Alias;

    private static string Root()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "Breeze.sln")))
        {
            directory = directory.Parent ?? throw new InvalidOperationException("The tests do not run inside the repository.");
        }

        return directory.FullName;
    }
}
