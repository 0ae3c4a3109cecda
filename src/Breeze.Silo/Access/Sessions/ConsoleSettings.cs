using System.ComponentModel.DataAnnotations;

namespace Breeze.Silo.Access.Sessions;

/// <summary>The web console and signing in to it.</summary>
public sealed record ConsoleSettings
{
    /// <summary>How long a sign-in lasts, in hours; it is not prolonged by use, and ends earlier with its key.</summary>
    [Range(1, 720)]
    public int SessionHours { get; init; } = 12;
}
