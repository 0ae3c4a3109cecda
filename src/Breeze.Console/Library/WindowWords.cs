using Breeze.Console.Shell;
using Breeze.Contracts.Fleet;

namespace Breeze.Console.Library;

/// <summary>Maintenance windows as people read them.</summary>
public static class WindowWords
{
    public static IReadOnlyList<(string Value, string Text)> Levels { get; } =
        [("organization", "an organization"), ("site", "a site"), ("device_group", "a group"), ("device", "a device"), ("partner", "all organizations of a partner")];

    public static string Level(WindowLevel? level) => level switch
    {
        WindowLevel.Partner => "Partner",
        WindowLevel.Organization => "Organization",
        WindowLevel.Site => "Site",
        WindowLevel.DeviceGroup => "Group",
        WindowLevel.Device => "Device",
        _ => "–",
    };

    /// <summary>"every week on Saturday"; a rule that has no such words is shown as it is.</summary>
    public static string Repeats(string? rule) => Recurrence.Read(rule).Words ?? rule!;

    /// <summary>"Deployments may run; patching waits".</summary>
    public static string Effect(bool allowsDeployments, bool suppressesPatching) => (allowsDeployments, suppressesPatching) switch
    {
        (true, true) => "deployments may run, patching waits",
        (true, false) => "deployments may run",
        (false, true) => "patching waits",
        _ => "nothing",
    };

    public static string Length(int minutes) => Instants.Long(TimeSpan.FromMinutes(minutes));
}
