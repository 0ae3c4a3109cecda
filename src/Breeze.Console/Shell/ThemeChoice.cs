namespace Breeze.Console.Shell;

/// <summary>Light or dark: as the system says until the viewer chooses, and as chosen from then on.</summary>
public static class ThemeChoice
{
    private const string Stored = "breeze.theme";

    public static bool IsDark { get; private set; }

    public static bool IsKnown { get; private set; }

    public static event Action? Changed;

    public static async Task Load(Browser browser)
    {
        var chosen = await browser.Recall(Stored);
        await Set(browser, chosen is null ? await browser.PrefersDark() : chosen == "dark");
    }

    public static async Task Toggle(Browser browser)
    {
        await browser.Remember(Stored, IsDark ? "light" : "dark");
        await Set(browser, !IsDark);
    }

    private static async Task Set(Browser browser, bool isDark)
    {
        (IsDark, IsKnown) = (isDark, true);
        await browser.SetTheme(isDark);
        Changed?.Invoke();
    }
}
