namespace Breeze.Console.Patches;

/// <summary>What an organization can decide about a patch.</summary>
public enum Decision
{
    Approve = 1,
    Decline,
    Defer,
}
