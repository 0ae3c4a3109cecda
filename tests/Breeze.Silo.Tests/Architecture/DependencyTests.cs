using System.Reflection;
using Breeze.Core;
using NetArchTest.Rules;
using Xunit;

namespace Breeze.Silo.Tests.Architecture;

/// <summary>Which feature may know which; the design says why.</summary>
public sealed class DependencyTests
{
    private static readonly Assembly Silo = typeof(Program).Assembly;
    private static readonly string[] Features = ["Fleet", "Agents", "Deployments", "Patches", "Approvals", "Policies", "Compliance", "Jobs", "Software"];

    /// <summary>A part of the silo, and the features that it may use.</summary>
    public static TheoryData<string, string[]> Directions => new()
    {
        { "Fleet", [] },
        { "Agents", [] },
        { "Software", ["Fleet"] },

        // What is approved depends on policies, policies approve what is reported, and a schedule asks for a job, by an interface.
        { "Patches", ["Fleet", "Agents", "Approvals", "Policies"] },
        { "Approvals", ["Fleet", "Agents", "Patches", "Policies"] },
        { "Policies", ["Fleet", "Agents", "Patches", "Approvals", "Jobs"] },
        { "Deployments", ["Fleet", "Agents", "Patches", "Approvals", "Policies", "Software"] },
        { "Jobs", ["Fleet", "Agents", "Deployments", "Policies", "Patches"] },
        { "Compliance", ["Patches", "Approvals"] },
        { "Access", [] },
        { "Live", [] },
        { "Storage", [] },
    };

    [Theory]
    [MemberData(nameof(Directions))]
    public void A_feature_uses_only_those_below_it(string part, string[] below) => Holds(Types.InAssembly(Silo)
        .That().ResideInNamespace($"Breeze.Silo.{part}")
        .ShouldNot().HaveDependencyOnAny([.. Features.Except(below).Where(f => f != part).Select(f => $"Breeze.Silo.{f}")]));

    [Fact]
    public void The_rule_sees_a_dependency_that_is_there() => Assert.False(Types.InAssembly(Silo)
        .That().ResideInNamespace("Breeze.Silo.Deployments")
        .ShouldNot().HaveDependencyOnAny("Breeze.Silo.Fleet").GetResult().IsSuccessful);

    [Fact]
    public void Storage_knows_only_itself() => Holds(Types.InAssembly(Silo)
        .That().ResideInNamespace("Breeze.Silo.Storage")
        .ShouldNot().HaveDependencyOnAny("Breeze.Silo.Access", "Breeze.Silo.Hosting", "Breeze.Silo.Live"));

    [Fact]
    public void Decisions_know_no_web_no_database_and_no_grain_runtime() => Holds(Types.InAssembly(typeof(OrgId).Assembly)
        .ShouldNot().HaveDependencyOnAny("Microsoft.AspNetCore", "Dapper", "Npgsql", "Microsoft.Data.Sqlite", "Orleans.Runtime.Grain", "System.Net.Http"));

    [Fact]
    public void A_store_writes_for_its_own_feature_alone()
    {
        var stores = Silo.GetTypes().Where(t => t.Name.EndsWith("Store", StringComparison.Ordinal) && t.Namespace is not null).ToList();
        foreach (var feature in Features.Append("Access"))
        {
            var foreign = stores.Where(s => s.Namespace != $"Breeze.Silo.{feature}").Select(s => s.FullName!).ToArray();
            Holds(Types.InAssembly(Silo).That().ResideInNamespace($"Breeze.Silo.{feature}").ShouldNot().HaveDependencyOnAny(foreign));
        }
    }

    [Fact]
    public void A_folder_is_a_word_of_the_product_and_never_a_layer()
    {
        string[] banned = ["Helpers", "Utils", "Utilities", "Common", "Managers", "Services", "Repositories", "Models", "Controllers", "Infrastructure", "Domain"];
        var found = new[] { Silo, typeof(OrgId).Assembly, typeof(Contracts.BreezeJson).Assembly, typeof(Client.BreezeClient).Assembly }
            .SelectMany(a => a.GetTypes())
            .Where(t => t.Namespace?.StartsWith("Breeze.", StringComparison.Ordinal) == true)
            .Where(t => t.Namespace!.Split('.').Any(banned.Contains) || banned.Any(b => t.Name.EndsWith(b.TrimEnd('s'), StringComparison.Ordinal) && b is "Helpers" or "Managers"))
            .Select(t => t.FullName);
        Assert.Empty(found);
    }

    [Fact]
    public void Classes_are_sealed_unless_something_derives_from_them()
    {
        var all = new[] { Silo, typeof(OrgId).Assembly }.SelectMany(a => a.GetTypes()).ToList();
        var open = all
            .Where(t => t is { IsClass: true, IsAbstract: false, IsSealed: false } && t.Namespace?.StartsWith("Breeze.", StringComparison.Ordinal) == true)
            .Where(t => !t.Name.Contains('<', StringComparison.Ordinal) && !all.Any(other => other.BaseType == t))
            .Select(t => t.FullName);
        Assert.Empty(open);
    }

    private static void Holds(ConditionList rule)
    {
        var result = rule.GetResult();
        Assert.True(result.IsSuccessful, $"These break the rule: {string.Join(", ", (result.FailingTypes ?? []).Select(t => t.FullName))}");
    }
}
