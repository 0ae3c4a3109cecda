namespace Breeze.Agent.Scripts;

/// <summary>The operating system family that a device runs; a value, so that every platform's choices can be tested on any.</summary>
public enum DevicePlatform
{
    Linux,
    MacOS,
    Windows,
}

/// <summary>Tells on which platform this process runs.</summary>
public static class ThisDevice
{
    public static DevicePlatform Platform { get; } =
        OperatingSystem.IsWindows() ? DevicePlatform.Windows
        : OperatingSystem.IsMacOS() ? DevicePlatform.MacOS
        : DevicePlatform.Linux;
}
