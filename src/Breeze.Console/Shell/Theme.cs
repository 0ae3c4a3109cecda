using MudBlazor;

namespace Breeze.Console.Shell;

/// <summary>Colours with WCAG AA contrast on their backgrounds, and text sizes for dense tables.</summary>
public static class Theme
{
    private static readonly string[] Fonts = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "DejaVu Sans", "sans-serif"];

    public static MudTheme Breeze { get; } = new()
    {
        PaletteLight = new PaletteLight
        {
            Primary = "#0b5c7d",
            Secondary = "#5b4a8a",
            Info = "#1f5fa8",
            Success = "#1d6b35",
            Warning = "#8a5200",
            Error = "#b3261e",
            Background = "#f5f7f8",
            Surface = "#ffffff",
            AppbarBackground = "#ffffff",
            AppbarText = "#1b2730",
            DrawerBackground = "#ffffff",
            DrawerText = "#33424d",
            DrawerIcon = "#4a5963",
            TextPrimary = "#1b2730",
            TextSecondary = "#4a5963",
            TextDisabled = "#66727b",
            ActionDefault = "#4a5963",
            LinesDefault = "#d5dce1",
            LinesInputs = "#76848e",
            TableLines = "#e1e7ea",
            Divider = "#d5dce1",
        },
        PaletteDark = new PaletteDark
        {
            Primary = "#7cc4e2",
            PrimaryContrastText = "#06222e",
            Secondary = "#b9a8ea",
            SecondaryContrastText = "#1d1240",
            Info = "#8fbdf5",
            InfoContrastText = "#06203f",
            Success = "#7fd097",
            SuccessContrastText = "#05270f",
            Warning = "#f0b35e",
            WarningContrastText = "#2f1c00",
            Error = "#ff9d94",
            ErrorContrastText = "#3d0603",
            Background = "#12181c",
            Surface = "#1a2227",
            AppbarBackground = "#1a2227",
            AppbarText = "#e4ebef",
            DrawerBackground = "#1a2227",
            DrawerText = "#c7d2d9",
            DrawerIcon = "#a5b3bc",
            TextPrimary = "#e4ebef",
            TextSecondary = "#a9b7c0",
            TextDisabled = "#8b99a2",
            ActionDefault = "#a9b7c0",
            LinesDefault = "#33414a",
            LinesInputs = "#73828c",
            TableLines = "#2a353c",
            Divider = "#33414a",
        },
        Typography = new Typography
        {
            Default = new DefaultTypography { FontFamily = Fonts, FontSize = "0.875rem", LineHeight = "1.45", LetterSpacing = "normal" },
            Body1 = new Body1Typography { FontFamily = Fonts, FontSize = "0.875rem", LetterSpacing = "normal" },
            Body2 = new Body2Typography { FontFamily = Fonts, FontSize = "0.8125rem", LetterSpacing = "normal" },
            Button = new ButtonTypography { FontFamily = Fonts, FontSize = "0.8125rem", TextTransform = "none", LetterSpacing = "normal" },
        },
        LayoutProperties = new LayoutProperties { DefaultBorderRadius = "4px", AppbarHeight = "48px", DrawerWidthLeft = "208px" },
    };
}
