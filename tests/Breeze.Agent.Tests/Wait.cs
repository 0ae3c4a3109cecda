using System.Diagnostics;

namespace Breeze.Agent.Tests;

/// <summary>Waits for something outside this process, with a deadline that names it.</summary>
public static class Wait
{
    public static async Task Until(Func<bool> condition, string what)
    {
        for (var clock = Stopwatch.StartNew(); !condition(); await Task.Delay(20))
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30), $"waited 30 s for {what}");
        }
    }
}
