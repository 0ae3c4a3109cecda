using System.Globalization;
using Breeze.Cli.Terminal;
using Spectre.Console;

namespace Breeze.Cli.Demo;

/// <summary>Says what is being prepared, and how long it took; nothing when a script reads.</summary>
public sealed class DemoSteps(Shell shell, bool silent)
{
    public async Task<T> Step<T>(string doing, Func<Task<T>> act)
    {
        var started = shell.Time.GetTimestamp();
        var made = shell.IsInteractive && !silent
            ? await shell.Screen.Status().Spinner(Spinner.Known.Dots).StartAsync(Markup.Escape(doing), _ => act())
            : await act();
        if (!silent)
        {
            var took = shell.Time.GetElapsedTime(started).TotalSeconds;
            shell.Screen.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"[green]✓[/] {doing} [dim]({took:0.0} s)[/]");
        }

        return made;
    }

    public Task Step(string doing, Func<Task> act) => Step(doing, async () =>
    {
        await act();
        return true;
    });
}
