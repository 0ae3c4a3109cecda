using System.Text.Json;
using Breeze.Core.Fleet;

namespace Breeze.Core.Tests.Fleet;

public sealed class ScriptParametersTests
{
    private static readonly ScriptParameter[] Declared = [new("Target", null, true), new("Level", "3"), new("Note")];

    [Theory]
    [InlineData("target", true)]
    [InlineData("_x9", true)]
    [InlineData("", false)]
    [InlineData("9x", false)]
    [InlineData("a-b", false)]
    [InlineData("a b", false)]
    [InlineData("a=b", false)]
    [InlineData("a\n", false)]
    [InlineData("é", false)]
    [InlineData("PATH", false)]
    [InlineData("path", false)]
    [InlineData("LD_PRELOAD", false)]
    [InlineData("BASH_ENV", false)]
    [InlineData("PYTHONPATH", false)]
    [InlineData("DYLD_INSERT_LIBRARIES", false)]
    public void A_parameter_name_is_an_environment_name_that_nothing_else_listens_to(string name, bool taken)
    {
        var refusal = ScriptParameters.Check([new ScriptParameter(name)], "parameters");
        Assert.Equal(taken ? null : "parameters[0].name", refusal?.Field);
    }

    [Fact]
    public void Two_names_that_differ_in_case_are_one_variable_on_Windows_and_refused() =>
        Assert.Equal("parameters[1].name", ScriptParameters.Check([new("a"), new("A")], "parameters")?.Field);

    [Fact]
    public void A_default_that_no_environment_can_hold_is_refused() =>
        Assert.Equal("parameters[0].default", ScriptParameters.Check([new("a", "x\0y")], "parameters")?.Field);

    [Theory]
    [InlineData("""{"Target":"a"}""", "Target=a;Level=3")]
    [InlineData("""{"Target":"a","Level":"9","Note":""}""", "Target=a;Level=9;Note=")]
    [InlineData("""{"Target":12.50,"Note":true}""", "Target=12.50;Level=3;Note=true")]
    public void Values_are_those_given_and_the_defaults_of_the_rest(string given, string expected)
    {
        var values = Resolve(given).Value!;
        Assert.Equal(
            expected.Split(';').Order(StringComparer.Ordinal), values.Select(v => $"{v.Key}={v.Value}").Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("{}", "payload.parameters.Target")]
    [InlineData("null", "payload.parameters.Target")]
    [InlineData("[]", "payload.parameters")]
    [InlineData("""{"Target":"a","Other":"b"}""", "payload.parameters.Other")]
    [InlineData("""{"target":"a"}""", "payload.parameters.target")]
    [InlineData("""{"Target":null}""", "payload.parameters.Target")]
    [InlineData("""{"Target":{}}""", "payload.parameters.Target")]
    [InlineData("""{"Target":"a\u0000"}""", "payload.parameters.Target")]
    public void What_the_script_did_not_ask_for_or_misses_is_refused_by_name(string given, string field) =>
        Assert.Equal(field, Resolve(given).Refusal?.Field);

    private static Answer<IReadOnlyDictionary<string, string>> Resolve(string given) =>
        ScriptParameters.Resolve(Declared, JsonDocument.Parse(given).RootElement, "payload.parameters");
}
