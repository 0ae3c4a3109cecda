using System.Text.Json;
using Breeze.Contracts.Deployments;
using Breeze.Core.Deployments;

namespace Breeze.Core.Tests.Deployments;

/// <summary>Every bound of <c>rolloutConfig</c>: what is refused names its member.</summary>
public sealed class RolloutParsingTests
{
    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web);

    [Theory]
    [InlineData("""{"batchSize":1}""", 1, null)]
    [InlineData("""{"batchSize":2147483647}""", int.MaxValue, null)]
    [InlineData("""{"batchSize":"10%"}""", null, 10.0)]
    [InlineData("""{"batchSize":"2.5%"}""", null, 2.5)]
    [InlineData("""{"batchSize":"100%"}""", null, 100.0)]
    [InlineData("""{"batchSize":"0.01%"}""", null, 0.01)]
    public void A_batch_size_is_a_number_or_a_percentage(string staggered, int? devices, double? percent) =>
        Assert.Equal(new BatchSize(devices, (decimal?)percent), Staggered(staggered).Value!.Staggered!.BatchSize);

    [Theory]
    [InlineData("null")]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("2147483648")]
    [InlineData("true")]
    [InlineData("[]")]
    [InlineData("\"\"")]
    [InlineData("\"10\"")]
    [InlineData("\"0%\"")]
    [InlineData("\"-5%\"")]
    [InlineData("\"100.1%\"")]
    [InlineData("\"1e1%\"")]
    [InlineData("\"ten%\"")]
    [InlineData("\" 10%\"")]
    [InlineData("\"10 %\"")]
    [InlineData("\"%\"")]
    [InlineData("\"2,5%\"")]
    [InlineData("\"10%%\"")]
    public void A_malformed_batch_size_is_refused(string value) =>
        AssertRefused("rolloutConfig.staggered.batchSize", Staggered($$"""{"batchSize":{{value}}}"""));

    [Theory]
    [InlineData("""{}""", "batchSize")]
    [InlineData("""{"batchSize":1,"batchDelayMinutes":-1}""", "batchDelayMinutes")]
    [InlineData("""{"batchSize":1,"batchDelayMinutes":10081}""", "batchDelayMinutes")]
    [InlineData("""{"batchSize":1,"pauseOnFailureCount":0}""", "pauseOnFailureCount")]
    [InlineData("""{"batchSize":1,"pauseOnFailureCount":-3}""", "pauseOnFailureCount")]
    [InlineData("""{"batchSize":1,"pauseOnFailurePercent":0}""", "pauseOnFailurePercent")]
    [InlineData("""{"batchSize":1,"pauseOnFailurePercent":-1}""", "pauseOnFailurePercent")]
    [InlineData("""{"batchSize":1,"pauseOnFailurePercent":100.001}""", "pauseOnFailurePercent")]
    [InlineData("""{"batchSize":1,"batchGate":"both"}""", "batchGate")]
    [InlineData("""{"batchSize":1,"batchGate":"Timer"}""", "batchGate")]
    [InlineData("""{"batchSize":1,"batchGate":""}""", "batchGate")]
    [InlineData("""{"batchSize":1,"autoPauseTimeoutMinutes":0}""", "autoPauseTimeoutMinutes")]
    [InlineData("""{"batchSize":1,"autoPauseTimeoutMinutes":525601}""", "autoPauseTimeoutMinutes")]
    public void What_is_out_of_bounds_under_staggered_is_refused_by_name(string staggered, string member) =>
        AssertRefused($"rolloutConfig.staggered.{member}", Staggered(staggered));

    [Theory]
    [InlineData("""{"batchSize":1,"batchDelayMinutes":0}""")]
    [InlineData("""{"batchSize":1,"batchDelayMinutes":10080}""")]
    [InlineData("""{"batchSize":1,"pauseOnFailureCount":1}""")]
    [InlineData("""{"batchSize":1,"pauseOnFailurePercent":0.1}""")]
    [InlineData("""{"batchSize":1,"pauseOnFailurePercent":100}""")]
    [InlineData("""{"batchSize":1,"batchGate":"timer"}""")]
    [InlineData("""{"batchSize":1,"batchGate":"completion"}""")]
    [InlineData("""{"batchSize":1,"autoPauseTimeoutMinutes":1}""")]
    [InlineData("""{"batchSize":1,"autoPauseTimeoutMinutes":525600}""")]
    public void The_bounds_themselves_are_allowed(string staggered) => Assert.False(Staggered(staggered).IsRefused);

    [Theory]
    [InlineData("""{"maxRetries":-1}""", "maxRetries")]
    [InlineData("""{"maxRetries":11}""", "maxRetries")]
    [InlineData("""{"backoffMinutes":[]}""", "backoffMinutes")]
    [InlineData("""{"backoffMinutes":[1,1,1,1,1,1,1,1,1,1,1]}""", "backoffMinutes")]
    [InlineData("""{"backoffMinutes":[0]}""", "backoffMinutes[0]")]
    [InlineData("""{"backoffMinutes":[5,10081]}""", "backoffMinutes[1]")]
    [InlineData("""{"attemptTimeoutMinutes":0}""", "attemptTimeoutMinutes")]
    [InlineData("""{"attemptTimeoutMinutes":1441}""", "attemptTimeoutMinutes")]
    public void What_is_out_of_bounds_under_retryConfig_is_refused_by_name(string retry, string member) =>
        AssertRefused($"rolloutConfig.retryConfig.{member}", Parse($$"""{"type":"immediate","retryConfig":{{retry}}}"""));

    [Theory]
    [InlineData("""{"maxRetries":0}""")]
    [InlineData("""{"maxRetries":10}""")]
    [InlineData("""{"backoffMinutes":[1]}""")]
    [InlineData("""{"backoffMinutes":[1,2,3,4,5,6,7,8,9,10080]}""")]
    [InlineData("""{"attemptTimeoutMinutes":1}""")]
    [InlineData("""{"attemptTimeoutMinutes":1440}""")]
    public void The_bounds_of_retryConfig_are_allowed(string retry) =>
        Assert.False(Parse($$"""{"type":"immediate","retryConfig":{{retry}}}""").IsRefused);

    [Theory]
    [InlineData("null", "rolloutConfig")]
    [InlineData("{}", "rolloutConfig.type")]
    [InlineData("""{"type":"gradual"}""", "rolloutConfig.type")]
    [InlineData("""{"type":"staggered"}""", "rolloutConfig.staggered")]
    [InlineData("""{"type":"immediate","staggered":{"batchSize":1}}""", "rolloutConfig.staggered")]
    public void The_type_decides_what_belongs_to_it(string config, string field) => AssertRefused(field, Parse(config));

    [Fact]
    public void What_is_left_out_has_the_defaults_of_the_contract()
    {
        var plan = Staggered("""{"batchSize":"10%"}""").Value!;

        Assert.False(plan.RespectsMaintenanceWindows);
        Assert.Equal(0, plan.MaxRetries);
        Assert.Equal([TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(60)], plan.Backoff);
        Assert.Null(plan.AttemptTimeout);
        Assert.Equal(
            new StaggeredPlan { BatchSize = new BatchSize(null, 10), Delay = TimeSpan.Zero, Gate = BatchGate.Completion, AutoPauseTimeout = TimeSpan.FromDays(7) },
            plan.Staggered);
    }

    [Fact]
    public void A_plan_is_answered_as_it_would_be_read_again()
    {
        const string Given =
            """
            {"type":"staggered","staggered":{"batchSize":"2.50%","batchDelayMinutes":30,"pauseOnFailureCount":4,"pauseOnFailurePercent":12.5,
             "batchGate":"timer","autoPauseTimeoutMinutes":90},"respectMaintenanceWindows":true,
             "retryConfig":{"maxRetries":3,"backoffMinutes":[1,2],"attemptTimeoutMinutes":7}}
            """;
        var plan = Parse(Given).Value!;
        var config = RolloutParsing.ToConfig(plan);
        var again = RolloutParsing.Parse(config).Value!;

        Assert.Equal("2.5%", config.Staggered!.BatchSize!.Value.GetString());
        Assert.Equal(plan.Staggered, again.Staggered);
        Assert.Equal(plan.Backoff, again.Backoff);
        Assert.Equal((plan.MaxRetries, plan.AttemptTimeout, plan.RespectsMaintenanceWindows), (again.MaxRetries, again.AttemptTimeout, again.RespectsMaintenanceWindows));
    }

    [Fact]
    public void An_immediate_plan_is_answered_with_its_defaults()
    {
        var config = RolloutParsing.ToConfig(Parse("""{"type":"immediate"}""").Value!);

        Assert.Equal(("immediate", false, 0), (config.Type!, config.RespectMaintenanceWindows!.Value, config.RetryConfig!.MaxRetries!.Value));
        Assert.Equal([5, 15, 60], config.RetryConfig.BackoffMinutes);
        Assert.Null(config.Staggered);
    }

    private static Answer<RolloutPlan> Staggered(string staggered) => Parse($$"""{"type":"staggered","staggered":{{staggered}}}""");

    private static Answer<RolloutPlan> Parse(string config) => RolloutParsing.Parse(JsonSerializer.Deserialize<RolloutConfig>(config, Web));

    private static void AssertRefused(string field, Answer<RolloutPlan> answer)
    {
        Assert.Equal((RefusalKind.Invalid, field), (answer.Refusal!.Kind, answer.Refusal.Field));
        Assert.StartsWith(field, answer.Refusal.Message, StringComparison.Ordinal);
    }
}
