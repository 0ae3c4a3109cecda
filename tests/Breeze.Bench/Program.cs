using System.Globalization;
using Breeze.Bench;
using Breeze.Bench.Cluster;
using Breeze.Silo.Storage;
using Breeze.Silo.Tests.Fixture;

// Usage: Breeze.Bench [--engine sqlite|postgres]... [--devices N] [--sockets N] [--sizes N,N,...] [--patched N] [--console N] [--cluster N] [--silos N]
// Prints figures and ratios. Compare ratios: absolute figures are those of the machine at that moment.
var devices = int.Parse(Option("--devices", "100000"), CultureInfo.InvariantCulture);
var sockets = int.Parse(Option("--sockets", "10000"), CultureInfo.InvariantCulture);
var patched = int.Parse(Option("--patched", "10000"), CultureInfo.InvariantCulture);
var console = int.Parse(Option("--console", "0"), CultureInfo.InvariantCulture);
var cluster = int.Parse(Option("--cluster", "0"), CultureInfo.InvariantCulture);
var silos = int.Parse(Option("--silos", "0"), CultureInfo.InvariantCulture);
var sizes = Option("--sizes", "1000,10000,100000,1000000").Split(',').Select(s => int.Parse(s, CultureInfo.InvariantCulture)).ToList();
var engines = Option("--engine", "sqlite,postgres").Split(',').Select(e => Enum.Parse<EngineKind>(e, ignoreCase: true)).ToList();

// Silos as processes, and nothing else on the machine.
if (cluster > 0)
{
    await ClusterScenarios.Crowd(cluster, Line);
}

if (silos > 0)
{
    await ClusterScenarios.Silos(silos, Line);
}

if (cluster + silos > 0)
{
    return 0;
}

if (console > 0)
{
    await ConsoleFiles.Publish();
}

foreach (var engine in engines)
{
    if (engine == EngineKind.Postgres && PostgresServer.Missing is { } missing)
    {
        Console.WriteLine($"postgres: left out. {missing}");
        continue;
    }

    Line($"== {engine} ==");
    await using var silo = await BenchSilo.Start(engine);

    if (console > 0)
    {
        // The page of a deployment to so many devices, and nothing else: a browser beside the other scenarios would disturb both.
        await Scenarios.Rollout(silo, 2_000);
        Line($"console, {console:N0} devices at 1,000 results/s: {await ConsoleScenario.Measure(silo, console, 1_000, TimeSpan.FromSeconds(60))}");
        continue;
    }

    // Code that has run once is compiled: the first rollout is not counted.
    await Scenarios.Rollout(silo, 2_000);
    var floor = await Floor.Measure(silo.Database, devices);
    Line($"floor: three row writes a device        {floor,10:N0} devices/s");
    var small = await Scenarios.Rollout(silo, Math.Min(10_000, devices));
    Line($"rollout of {Math.Min(10_000, devices),9:N0}, in process          {small.DevicesPerSecond,10:N0} devices/s   {small.DevicesPerSecond / floor:P0} of the floor");
    var large = await Scenarios.Rollout(silo, devices);
    Line($"rollout of {devices,9:N0}, in process          {large.DevicesPerSecond,10:N0} devices/s   {large.DevicesPerSecond / floor:P0} of the floor (aim 33 %)");
    Line($"  cost a device against the smaller      {small.DevicesPerSecond / large.DevicesPerSecond,10:N2} x           (aim at most 1.2)");
    Line($"  progress reads meanwhile               {large.ReadP50Ms,10:N1} ms median, {large.ReadP99Ms:N1} ms 99th percentile");
    Line($"memory per connected idle agent, in process {await Scenarios.MemoryPerAgent(silo, 10_000),7:N0} bytes");

    var measured = new List<Sized>();
    foreach (var size in sizes)
    {
        var at = await Scenarios.AtSize(silo, size);
        measured.Add(at);
        Line(
            $"initialize {size,9:N0}: {at.Initialize.TotalSeconds,7:N2} s, {at.Initialize.TotalMicroseconds / size,6:N1} us a device, {at.BytesKept / 1_048_576.0,6:N1} MB kept; "
            + $"first command {at.FirstCommand.TotalMilliseconds,6:N0} ms; page 1 {at.FirstPageMs:N2} ms, last {at.LastPageMs:N2} ms ({at.LastPageMs / at.FirstPageMs:N2} x, aim at most 1.5)");
    }

    if (measured.Count > 1)
    {
        Line($"first command, largest against smallest  {measured[^1].FirstCommand / measured[0].FirstCommand,10:N2} x           (aim at most 2)");
    }

    if (patched > 0)
    {
        await Patches(silo, patched);
    }

    if (sockets > 0)
    {
        var real = await SocketFleet.Rollout(silo, sockets);
        Line($"rollout of {sockets,9:N0}, SignalR sockets     {real.DevicesPerSecond,10:N0} devices/s   {real.DevicesPerSecond / floor:P0} of the floor; {real.BytesPerAgent:N0} bytes a connection");
    }
}

return 0;

static async Task Patches(BenchSilo silo, int devices)
{
    var few = Math.Max(1, devices / 100);
    var small = await BenchFleet.Create(silo, few);
    await small.Connect(few);
    await PatchScenarios.Intake(small, few);
    var less = await PatchScenarios.Summary(silo, small.Org);
    await small.Disconnect();

    var large = await BenchFleet.Create(silo, devices);
    await large.Connect(devices);
    var intake = await PatchScenarios.Intake(large, devices);
    Line($"intake of 500 patches a device, {devices:N0}     {intake.First,10:N0} devices/s   unchanged {intake.Unchanged:N0} devices/s");
    var more = await PatchScenarios.Summary(silo, large.Org);
    Line($"compliance, {less.Rows,9:N0} rows             {less.Ms,10:N2} ms");
    Line($"compliance, {more.Rows,9:N0} rows             {more.Ms,10:N2} ms          {more.Ms / less.Ms:N2} x, aim at most 2; equal to a recount");
    Line($"bulk approval of 1,000                  {await PatchScenarios.BulkApproval(silo),10:N0} ms");
    Line($"policy's run over {devices,9:N0} devices     {await PatchScenarios.PolicyRun(silo, large, devices),10:N0} devices/s");
    var csv = await PatchScenarios.Csv(silo, large.Org);
    Line($"CSV of {more.Rows,9:N0} rows                   {csv.RowsPerSecond,10:N0} rows/s      at most {csv.GrownMb:N0} MB more alive meanwhile, the file is {csv.FileMb:N0} MB");
    await large.Disconnect();
}

string Option(string name, string otherwise)
{
    var at = Array.IndexOf(args, name);
    return at >= 0 && at + 1 < args.Length ? args[at + 1] : otherwise;
}

static void Line(string text) => Console.WriteLine(text);
