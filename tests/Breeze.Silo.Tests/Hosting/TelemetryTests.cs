using System.Net;
using Breeze.Silo.Tests.Fixture;
using Xunit;

namespace Breeze.Silo.Tests.Hosting;

[Collection(SiloFixture.Sqlite)]
public sealed class TelemetryTests(SqliteSilo silo)
{
    [Fact]
    public async Task Metrics_tell_of_storage_deployments_and_agents_to_a_scraper_on_this_machine()
    {
        using var client = silo.Client();
        string[] wanted = ["breeze_storage_queue_depth", "breeze_deployments{", "breeze_deployments_records{", "breeze_agents_connected"];
        await Eventually.Is(
            "metrics",
            () => client.GetStringAsync(new Uri("/metrics", UriKind.Relative)),
            text => wanted.All(name => text.Contains(name, StringComparison.Ordinal)),
            string.Join(", ", wanted));
    }

    [Theory]
    [InlineData("/metrics")]
    [InlineData("/dashboard/")]
    public async Task From_beyond_this_machine_metrics_and_dashboard_take_an_admin_key(string path)
    {
        Assert.Equal(HttpStatusCode.Unauthorized, await Status(null));
        Assert.Equal(HttpStatusCode.OK, await Status(silo.AdminKey));

        async Task<HttpStatusCode> Status(string? key)
        {
            using var client = silo.Client(key);
            // As a proxy on this machine passes on what comes from elsewhere.
            client.DefaultRequestHeaders.Add("X-Forwarded-For", "203.0.113.7");
            return (await client.GetAsync(new Uri(path, UriKind.Relative))).StatusCode;
        }
    }
}
