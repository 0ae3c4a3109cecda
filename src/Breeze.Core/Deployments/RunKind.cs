namespace Breeze.Core.Deployments;

/// <summary>What a run of the rollout engine is to its users. Stored by number.</summary>
public enum RunKind
{
    Deployment = 0,

    /// <summary>Installs what is approved for each device; devices that are away are waited for until its deadline.</summary>
    PatchJob = 1,

    /// <summary>Removes one patch again.</summary>
    PatchRollback = 2,
}

/// <summary>The values of a deployment's <c>type</c>.</summary>
public static class WorkTypes
{
    public const string Script = "script";
    public const string Patch = "patch";
    public const string Software = "software";
    public const string Policy = "policy";
}
