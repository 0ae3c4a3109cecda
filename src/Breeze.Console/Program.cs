using Breeze.Client;
using Breeze.Console;
using Breeze.Console.Access;
using Breeze.Console.Compliance;
using Breeze.Console.Live;
using Breeze.Console.Shell;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.AspNetCore.Components.WebAssembly.Hosting;
using MudBlazor;
using MudBlazor.Services;

var builder = WebAssemblyHostBuilder.CreateDefault(args);
builder.RootComponents.Add<App>("#app");
builder.RootComponents.Add<HeadOutlet>("head::after");
builder.Services.AddMudServices(mud =>
{
    mud.SnackbarConfiguration.PositionClass = Defaults.Classes.Position.BottomRight;
    mud.SnackbarConfiguration.VisibleStateDuration = 6000;
    mud.SnackbarConfiguration.PreventDuplicates = true;
});

// One page is one user: everything lives as long as the page.
var watch = new SessionWatch();
builder.Services.AddSingleton(watch);
builder.Services.AddSingleton(new BreezeClient(new HttpClient(watch) { BaseAddress = new Uri(builder.HostEnvironment.BaseAddress) }));
builder.Services.AddSingleton(TimeProvider.System);
builder.Services.AddSingleton<Browser>();
builder.Services.AddSingleton<CurrentSession>();
builder.Services.AddSingleton<CurrentOrganization>();
builder.Services.AddSingleton<LiveHub>();
builder.Services.AddSingleton<AskedReports>();
builder.Services.AddScoped<Act>();
await builder.Build().RunAsync();
