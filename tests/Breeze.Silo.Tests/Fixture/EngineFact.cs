using System.ComponentModel;
using Xunit;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace Breeze.Silo.Tests.Fixture;

/// <summary>A fact of a class in the collection <c>Sqlite</c> or <c>Postgres</c>; skipped with the reason where that engine is missing.</summary>
/// <remarks>
/// The pattern: an abstract class with the tests, and two sealed ones below it,
/// <c>[Collection(SiloFixture.Sqlite)] class Sqlite(SqliteSilo silo) : Tests(silo)</c> and the same for Postgres.
/// </remarks>
[XunitTestCaseDiscoverer("Breeze.Silo.Tests.Fixture.EngineFactDiscoverer", "Breeze.Silo.Tests")]
public sealed class EngineFactAttribute : FactAttribute;

/// <summary>The same for a theory.</summary>
[XunitTestCaseDiscoverer("Breeze.Silo.Tests.Fixture.EngineTheoryDiscoverer", "Breeze.Silo.Tests")]
public sealed class EngineTheoryAttribute : TheoryAttribute;

internal sealed class EngineFactDiscoverer(IMessageSink sink) : FactDiscoverer(sink)
{
    protected override IXunitTestCase CreateTestCase(ITestFrameworkDiscoveryOptions options, ITestMethod method, IAttributeInfo fact) =>
        new EngineTestCase(DiagnosticMessageSink, options.MethodDisplayOrDefault(), options.MethodDisplayOptionsOrDefault(), method);
}

internal sealed class EngineTheoryDiscoverer(IMessageSink sink) : TheoryDiscoverer(sink)
{
    protected override IEnumerable<IXunitTestCase> CreateTestCasesForDataRow(
        ITestFrameworkDiscoveryOptions options, ITestMethod method, IAttributeInfo theory, object[] row) =>
        [new EngineTestCase(DiagnosticMessageSink, options.MethodDisplayOrDefault(), options.MethodDisplayOptionsOrDefault(), method, row)];
}

internal sealed class EngineTestCase : XunitTestCase
{
    [EditorBrowsable(EditorBrowsableState.Never)]
    [Obsolete("For the deserializer alone.", error: true)]
    public EngineTestCase()
    {
    }

    public EngineTestCase(IMessageSink sink, TestMethodDisplay display, TestMethodDisplayOptions options, ITestMethod method, object[]? row = null)
        : base(sink, display, options, method, row)
    {
    }

    protected override string GetSkipReason(IAttributeInfo factAttribute) =>
        base.GetSkipReason(factAttribute) ?? (IsPostgres() ? PostgresServer.Missing! : null!);

    private bool IsPostgres() => TestMethod.TestClass.Class.GetCustomAttributes(typeof(CollectionAttribute))
        .Any(c => (string)c.GetConstructorArguments().Single() == SiloFixture.Postgres);
}
