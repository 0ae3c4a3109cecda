using System.Globalization;
using Breeze.Client;

namespace Breeze.EndToEnd.Tests.Processes;

/// <summary>Several silos as processes on one PostgreSQL, sharing the key that signs commands, behind a load balancer.</summary>
public sealed class ClusterProcesses : IAsyncDisposable
{
    private readonly string _folder;
    private readonly string _connection;
    private readonly ClusterNetwork? _network;
    private readonly string[] _arguments;
    private readonly List<SiloProcess> _silos = [];
    private LoadBalancer? _front;

    private ClusterProcesses(string folder, string connection, ClusterNetwork? network, string[] arguments) =>
        (_folder, _connection, _network, _arguments) = (folder, connection, network, arguments);

    /// <summary>The silos, in the order of their numbers; the first has number 1.</summary>
    public IReadOnlyList<SiloProcess> Silos => _silos;

    /// <summary>The load balancer's address.</summary>
    public Uri Address => _front!.Address;

    /// <summary>The admin's, through the load balancer.</summary>
    public BreezeClient Client { get; private set; } = null!;

    /// <param name="folder">For data and logs: <c>FOLDER/1</c> and so on.</param>
    /// <param name="connection">Of an empty database.</param>
    /// <param name="network">Where each silo has a network of its own; null for all on loopback.</param>
    /// <param name="arguments">More arguments of every silo.</param>
    public static async Task<ClusterProcesses> Start(string folder, string connection, int silos, ClusterNetwork? network = null, params string[] arguments)
    {
        var cluster = new ClusterProcesses(folder, connection, network, arguments);
        try
        {
            for (var silo = 0; silo < silos; silo++)
            {
                cluster.Add();
            }

            // The first makes the schema and the admin's key; the others would only wait for it.
            await cluster._silos[0].Start();
            await Task.WhenAll(cluster._silos.Skip(1).Select(silo => silo.Start()));
            cluster._front = await LoadBalancer.Start(folder, cluster._silos.Select(silo => silo.Address));
            cluster.Client = BreezeClient.Connect(cluster.Address, await cluster.AdminKey(), new BreezeClientOptions { Attempts = 8 });
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>The first start's admin key.</summary>
    public Task<string> AdminKey() => _silos[0].AdminKey();

    /// <summary>A client of one silo, past the load balancer; the caller disposes it.</summary>
    /// <param name="silo">From 1.</param>
    public async Task<BreezeClient> ClientOf(int silo) => BreezeClient.Connect(_silos[silo - 1].Address, await AdminKey());

    public async ValueTask DisposeAsync()
    {
        Client?.Dispose();
        if (_front is not null)
        {
            await _front.DisposeAsync();
        }

        foreach (var silo in _silos)
        {
            await silo.DisposeAsync();
        }
    }

    private void Add()
    {
        var number = _silos.Count + 1;
        var folder = Path.Combine(_folder, number.ToString(CultureInfo.InvariantCulture));
        Directory.CreateDirectory(folder);
        string[] arguments =
        [
            "--storage:engine", "postgres", "--storage:connectionString", _connection,
            "--agents:commandKeyFile", Path.Combine(_folder, "command-keys.json"), .. _arguments,
        ];
        _silos.Add(_network is null
            ? SiloProcess.Of(folder, null, [], null, arguments)
            : SiloProcess.Of(
                folder, new Uri($"http://{_network.AddressOf(number)}:5080/"), _network.At(number), null,
                [.. arguments, "--cluster:address", _network.AddressOf(number), "--cluster:siloPort", "11111", "--http:allowPlainHttp", "true"]));
    }
}
