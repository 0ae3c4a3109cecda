using Microsoft.JSInterop;

namespace Breeze.Console.Shell;

/// <summary>Keys that lead somewhere: <c>g</c> and then a letter for a page, <c>?</c> for the list of them.</summary>
public sealed class Shortcuts
{
    private readonly Action<string> _go;
    private readonly Func<Task> _help;
    private bool _going;

    private Shortcuts(Action<string> go, Func<Task> help) => (_go, _help) = (go, help);

    /// <summary>The second key, where it leads, and what that is called.</summary>
    public static IReadOnlyList<(char Key, string Path, string Name)> Places { get; } =
    [
        ('f', "/devices", "Fleet"),
        ('d', "/deployments", "Deployments"),
        ('n', "/deployments/new", "New deployment"),
        ('p', "/patches", "Patches"),
        ('j', "/patches/jobs", "Patch jobs"),
        ('c', "/compliance", "Compliance"),
        ('o', "/policies", "Policies"),
        ('s', "/scripts", "Scripts"),
        ('w', "/maintenance-windows", "Maintenance windows"),
        ('a', "/audit", "Audit log"),
    ];

    public static async Task<Shortcuts> Listen(Browser browser, Action<string> go, Func<Task> help)
    {
        var shortcuts = new Shortcuts(go, help);
        await browser.ListenToKeys(DotNetObjectReference.Create(shortcuts));
        return shortcuts;
    }

    [JSInvokable]
    public async Task Pressed(string key)
    {
        if (_going && Places.FirstOrDefault(p => p.Key == key[0]) is { Path: { } path })
        {
            _going = false;
            _go(path);
            return;
        }

        _going = key == "g";
        if (key == "?")
        {
            await _help();
        }
    }
}
