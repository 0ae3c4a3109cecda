using System.Net;
using Breeze.Silo.Tests.Fixture;
using Xunit;

namespace Breeze.Silo.Tests.Access;

/// <summary>The link in the log of the first start.</summary>
public sealed class FirstLinkTests
{
    [Fact]
    public async Task The_first_start_logs_one_link_that_signs_in_as_the_first_admin_and_no_later_start_does()
    {
        await using var silo = await LoneSilo.Start();
        var line = Assert.Single(silo.Lines, l => l.Contains("/sign-in#", StringComparison.Ordinal));
        var link = new Uri(line[line.IndexOf("http", StringComparison.Ordinal)..]);
        Assert.Equal(silo.Address.GetLeftPart(UriPartial.Authority), link.GetLeftPart(UriPartial.Authority));

        using (var client = silo.Client())
        {
            var session = (await client.Post("/session", new { link = link.Fragment[1..] })).Is(HttpStatusCode.OK).Data;
            Assert.Equal(("First admin", "system", "admin"),
                (session["name"]!.GetValue<string>(), session["scope"]!.GetValue<string>(), session["role"]!.GetValue<string>()));
            (await client.Post("/session", new { link = link.Fragment[1..] })).Is(HttpStatusCode.Unauthorized);
        }

        await silo.Restart();
        Assert.Single(silo.Lines, l => l.Contains("/sign-in#", StringComparison.Ordinal));
    }
}
