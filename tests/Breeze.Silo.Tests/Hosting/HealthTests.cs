using System.Net;
using Breeze.Silo.Tests.Fixture;
using Xunit;

namespace Breeze.Silo.Tests.Hosting;

public abstract class HealthTests(SiloFixture silo)
{
    [EngineTheory]
    [InlineData("/health/live", "live")]
    [InlineData("/health/ready", "ready")]
    public async Task A_started_silo_says_so_to_anybody(string path, string word)
    {
        using var client = silo.Client();
        var answer = await client.GetAsync(new Uri(path, UriKind.Relative));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(word, await answer.Content.ReadAsStringAsync());
    }

    [Collection(SiloFixture.Sqlite)]
    public sealed class OnSqlite(SqliteSilo silo) : HealthTests(silo);

    [Collection(SiloFixture.Postgres)]
    public sealed class OnPostgres(PostgresSilo silo) : HealthTests(silo);
}
