using System.Net;
using Breeze.Silo.Hosting;
using Breeze.Silo.Storage;
using Xunit;

namespace Breeze.Silo.Tests.Hosting;

public sealed class ClusterAddressTests
{
    [Theory]
    [InlineData("localhost", "127.0.0.1")]
    [InlineData("192.0.2.7", "192.0.2.7")]
    [InlineData("2001:db8::7", "2001:db8::7")]
    public async Task The_address_is_an_IP_address_once_the_silo_starts_and_IPv4_where_there_is_one(string configured, string address)
    {
        var cluster = (await ClusterAddress.Resolve(Of(new() { Address = configured }))).Cluster;
        Assert.Equal(address, cluster.Address);
        Assert.Equal(address, ClusterAddress.Listening(cluster).ToString());
    }

    [Fact]
    public async Task It_listens_where_it_is_told_and_is_reached_where_it_says()
    {
        var cluster = (await ClusterAddress.Resolve(Of(new() { Address = "192.0.2.7", ListenAddress = "0.0.0.0" }))).Cluster;
        Assert.Equal(("192.0.2.7", IPAddress.Any), (cluster.Address, ClusterAddress.Listening(cluster)));
    }

    [Fact]
    public async Task A_name_without_an_address_stops_the_start_with_a_sentence()
    {
        var refused = await Assert.ThrowsAsync<StartRefusedException>(() => ClusterAddress.Resolve(Of(new() { Address = "silo-1.invalid" })));
        Assert.Equal("cluster.address is 'silo-1.invalid', a name that has no address here.", refused.Message);
        Assert.Equal(StartRefusedException.BadConfiguration, refused.ExitCode);
    }

    [Fact]
    public async Task One_silo_on_sqlite_is_reached_by_no_other()
    {
        var refused = await Assert.ThrowsAsync<StartRefusedException>(
            () => ClusterAddress.Resolve(new SiloSettings { Cluster = new() { Address = "192.0.2.7" } }));
        Assert.Contains("several silos need postgres", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_port_of_its_own_is_free_where_it_listens_and_the_same_after_a_restart()
    {
        var data = Directory.CreateTempSubdirectory("breeze-port-").FullName;
        var port = SiloPort.OfItsOwn(data, IPAddress.Any);
        Assert.Equal(port, SiloPort.OfItsOwn(data, IPAddress.Any));
        using (var taken = new System.Net.Sockets.TcpListener(IPAddress.Parse("127.0.0.2"), port))
        {
            taken.Start();
            Assert.NotEqual(port, SiloPort.OfItsOwn(data, IPAddress.Parse("127.0.0.2")));
        }

        Directory.Delete(data, recursive: true);
    }

    private static SiloSettings Of(ClusterSettings cluster) => new() { Storage = new() { Engine = EngineKind.Postgres }, Cluster = cluster };
}
