using Breeze.Core.Deployments;
using static Breeze.Core.Deployments.DeploymentCommand;

namespace Breeze.Core.Tests.Deployments;

/// <summary>The contract's table of states, whole: what is not in it is refused.</summary>
public sealed class LifecycleTests
{
    private static readonly Dictionary<(Stage, DeploymentCommand), Stage> Allowed = new()
    {
        [(Stage.Draft, Edit)] = Stage.Draft,
        [(Stage.Draft, Delete)] = Stage.Draft,
        [(Stage.Draft, Initialize)] = Stage.Pending,
        [(Stage.Pending, Start)] = Stage.Active,
        [(Stage.Pending, Cancel)] = Stage.Cancelled,
        [(Stage.Active, Pause)] = Stage.Paused,
        [(Stage.Active, PauseByLimit)] = Stage.Paused,
        [(Stage.Active, Cancel)] = Stage.Cancelled,
        [(Stage.Active, Complete)] = Stage.Completed,
        [(Stage.Active, Fail)] = Stage.Failed,
        [(Stage.Active, RetryDevice)] = Stage.Active,
        [(Stage.Paused, Resume)] = Stage.Active,
        [(Stage.Paused, Cancel)] = Stage.Cancelled,
        [(Stage.Paused, Complete)] = Stage.Completed,
        [(Stage.Paused, Fail)] = Stage.Failed,
        [(Stage.Paused, Abandon)] = Stage.Failed,
        [(Stage.Paused, RollBack)] = Stage.Rollback,
        [(Stage.Paused, RetryDevice)] = Stage.Paused,
        [(Stage.Completed, RollBack)] = Stage.Rollback,
        [(Stage.Completed, RetryDevice)] = Stage.Completed,
        [(Stage.Completed, Complete)] = Stage.Completed,
        [(Stage.Completed, Fail)] = Stage.Failed,
        [(Stage.Failed, RollBack)] = Stage.Rollback,
        [(Stage.Failed, RetryDevice)] = Stage.Failed,
        [(Stage.Failed, Complete)] = Stage.Completed,
        [(Stage.Failed, Fail)] = Stage.Failed,
        [(Stage.Cancelled, RollBack)] = Stage.Rollback,
        [(Stage.Rollback, Cancel)] = Stage.Cancelled,
        [(Stage.Rollback, Complete)] = Stage.Completed,
        [(Stage.Rollback, Fail)] = Stage.Failed,
    };

    public static TheoryData<Stage, DeploymentCommand> Everything
    {
        get
        {
            var rows = new TheoryData<Stage, DeploymentCommand>();
            foreach (var stage in Enum.GetValues<Stage>())
            {
                foreach (var command in Enum.GetValues<DeploymentCommand>())
                {
                    rows.Add(stage, command);
                }
            }

            return rows;
        }
    }

    [Theory, MemberData(nameof(Everything))]
    public void Each_command_leads_where_the_table_says_or_is_refused_by_both_names(Stage stage, DeploymentCommand command)
    {
        var answer = Lifecycle.Apply(stage, command);

        if (Allowed.TryGetValue((stage, command), out var next))
        {
            Assert.False(answer.IsRefused);
            Assert.Equal(next, answer.Value);
            return;
        }

        Assert.Equal(RefusalKind.Invalid, answer.Refusal!.Kind);
        Assert.Contains(Lifecycle.Word(stage), answer.Refusal.Message, StringComparison.Ordinal);
        Assert.Contains(Lifecycle.Word(command), answer.Refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_refusal_reads_as_a_sentence() =>
        Assert.Equal("A deployment that is rolling back cannot be paused.", Lifecycle.Apply(Stage.Rollback, Pause).Refusal!.Message);

    [Theory]
    [InlineData(RunKind.PatchJob, "A patch job that is completed cannot be cancelled.")]
    [InlineData(RunKind.PatchRollback, "A rollback that is completed cannot be cancelled.")]
    public void A_refusal_calls_it_what_the_caller_does(RunKind kind, string said) =>
        Assert.Equal(said, Lifecycle.Apply(Stage.Completed, DeploymentCommand.Cancel, kind).Refusal!.Message);

    [Theory]
    [InlineData(Stage.Draft, false, false)]
    [InlineData(Stage.Pending, false, false)]
    [InlineData(Stage.Active, true, false)]
    [InlineData(Stage.Paused, false, false)]
    [InlineData(Stage.Completed, false, true)]
    [InlineData(Stage.Failed, false, true)]
    [InlineData(Stage.Cancelled, false, true)]
    [InlineData(Stage.Rollback, true, false)]
    public void Only_an_active_or_a_rolling_back_deployment_sends(Stage stage, bool sends, bool hasEnded)
    {
        Assert.Equal(sends, Lifecycle.Sends(stage));
        Assert.Equal(hasEnded, Lifecycle.HasEnded(stage));
    }
}
