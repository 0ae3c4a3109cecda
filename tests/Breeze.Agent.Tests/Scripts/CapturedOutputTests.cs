using System.Text;
using Breeze.Agent.Scripts;

namespace Breeze.Agent.Tests.Scripts;

public sealed class CapturedOutputTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(32_704)]
    [InlineData(32_705)]
    [InlineData(65_408)]
    public void What_fits_comes_back_as_it_was(int length)
    {
        var output = new CapturedOutput();
        var text = string.Concat(Enumerable.Range(0, length).Select(i => (char)('a' + (i % 26))));
        foreach (var part in Encoding.UTF8.GetBytes(text).Chunk(1000))
        {
            output.Append(part);
        }

        Assert.Equal(text, output.ToText());
    }

    [Theory]
    [InlineData("x")]
    [InlineData("é")]
    [InlineData("🚀")]
    [InlineData("\u0001")]
    public void Whatever_does_not_fit_is_cut_at_a_character_and_marked(string unit)
    {
        var output = new CapturedOutput();
        var bytes = Encoding.UTF8.GetBytes("a" + string.Concat(Enumerable.Repeat(unit, 100_000)));
        foreach (var part in bytes.Chunk(7919))
        {
            output.Append(part);
        }

        var text = output.ToText();
        Assert.InRange(Encoding.UTF8.GetByteCount(text), 1, CapturedOutput.Limit);
        Assert.Contains(" bytes cut ...]", text, StringComparison.Ordinal);
        Assert.Equal(text, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)));
        Assert.Equal(unit == "\u0001", text.Contains('\uFFFD', StringComparison.Ordinal));
    }

    [Fact]
    public void Bytes_that_triple_when_made_valid_stay_within_the_limit()
    {
        var output = new CapturedOutput();
        output.Append(Enumerable.Repeat((byte)0xFF, 40_000).ToArray());
        Assert.InRange(Encoding.UTF8.GetByteCount(output.ToText()), 1, CapturedOutput.Limit);
    }
}
