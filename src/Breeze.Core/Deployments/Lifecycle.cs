namespace Breeze.Core.Deployments;

/// <summary>Where a deployment stands. What is shown as downloading, installing or running is <see cref="Active"/>, told apart for display only.</summary>
public enum Stage
{
    Draft = 1,
    Pending,
    Active,
    Paused,
    Completed,
    Failed,
    Cancelled,
    Rollback,
}

/// <summary>What an operator may ask of a deployment, and what may happen to it.</summary>
public enum DeploymentCommand
{
    Edit = 1,
    Delete,
    Initialize,
    Start,
    Pause,
    PauseByLimit,
    Resume,
    Cancel,
    Complete,
    Fail,
    Abandon,
    RollBack,
    RetryDevice,
}

/// <summary>The one state table of deployments; nothing else compares stages to decide what is allowed.</summary>
public static class Lifecycle
{
    /// <summary>The stage a command leads to, or null when it does not apply to this stage.</summary>
    public static Stage? Next(Stage stage, DeploymentCommand command) => (stage, command) switch
    {
        (Stage.Draft, DeploymentCommand.Edit or DeploymentCommand.Delete) => Stage.Draft,
        (Stage.Draft, DeploymentCommand.Initialize) => Stage.Pending,
        (Stage.Pending, DeploymentCommand.Start) => Stage.Active,
        (Stage.Active, DeploymentCommand.Pause or DeploymentCommand.PauseByLimit) => Stage.Paused,
        (Stage.Paused, DeploymentCommand.Resume) => Stage.Active,
        (Stage.Pending or Stage.Active or Stage.Paused or Stage.Rollback, DeploymentCommand.Cancel) => Stage.Cancelled,
        (Stage.Active or Stage.Paused or Stage.Rollback, DeploymentCommand.Complete) => Stage.Completed,
        (Stage.Active or Stage.Paused or Stage.Rollback, DeploymentCommand.Fail) => Stage.Failed,
        (Stage.Paused, DeploymentCommand.Abandon) => Stage.Failed,
        (Stage.Completed or Stage.Failed or Stage.Paused or Stage.Cancelled, DeploymentCommand.RollBack) => Stage.Rollback,

        // A manual retry leaves the stage as it is; when it has ended, a finished deployment is judged again.
        (Stage.Active or Stage.Paused or Stage.Completed or Stage.Failed, DeploymentCommand.RetryDevice) => stage,
        (Stage.Completed or Stage.Failed, DeploymentCommand.Complete) => Stage.Completed,
        (Stage.Completed or Stage.Failed, DeploymentCommand.Fail) => Stage.Failed,
        _ => null,
    };

    /// <summary>The next stage, or a 400 that names both the command and the stage.</summary>
    /// <param name="kind">What it is to whoever asks.</param>
    public static Answer<Stage> Apply(Stage stage, DeploymentCommand command, RunKind kind = RunKind.Deployment) => Next(stage, command) is { } next
        ? next
        : Refusal.Invalid($"A {Word(kind)} that is {Word(stage)} cannot be {Word(command)}.", "status");

    /// <summary>Nothing more happens to it by itself.</summary>
    public static bool HasEnded(Stage stage) => stage is Stage.Completed or Stage.Failed or Stage.Cancelled;

    /// <summary>Its commands may be sent.</summary>
    public static bool Sends(Stage stage) => stage is Stage.Active or Stage.Rollback;

    public static string Word(RunKind kind) => kind switch
    {
        RunKind.PatchJob => "patch job",
        RunKind.PatchRollback => "rollback",
        _ => "deployment",
    };

    public static string Word(Stage stage) => stage switch
    {
        Stage.Rollback => "rolling back",
        _ => stage.ToString().ToLowerInvariant(),
    };

    public static string Word(DeploymentCommand command) => command switch
    {
        DeploymentCommand.Edit => "edited",
        DeploymentCommand.Delete => "deleted",
        DeploymentCommand.Initialize => "initialized",
        DeploymentCommand.Start => "started",
        DeploymentCommand.Pause or DeploymentCommand.PauseByLimit => "paused",
        DeploymentCommand.Resume => "resumed",
        DeploymentCommand.Cancel => "cancelled",
        DeploymentCommand.Complete => "completed",
        DeploymentCommand.Fail => "failed",
        DeploymentCommand.Abandon => "abandoned",
        DeploymentCommand.RollBack => "rolled back",
        DeploymentCommand.RetryDevice => "retried",
        _ => command.ToString(),
    };
}
