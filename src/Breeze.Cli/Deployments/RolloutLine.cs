using System.Globalization;
using Breeze.Cli.Terminal;
using Breeze.Contracts;
using Breeze.Contracts.Deployments;

namespace Breeze.Cli.Deployments;

/// <summary>A rollout in one plain line: what a log, a pipe or a terminal without a cursor gets.</summary>
public static class RolloutLine
{
    public static string Of(RolloutView view, DateTimeOffset now)
    {
        if (view.Latest is not { } latest)
        {
            return "waiting for the first progress";
        }

        List<string> parts = [Printable.Span(view.Elapsed(now)), EnumName.Of(latest.Status)];
        if (latest.Progress is { } progress)
        {
            parts.Add($"{progress.PercentComplete}%");
            if (progress.TotalBatches is { } batches)
            {
                parts.Add($"batch {progress.CurrentBatch ?? 0}/{batches}");
            }

            parts.Add(Counts(progress));
            if (view.Rate(now) is { } rate and > 0)
            {
                parts.Add(string.Create(CultureInfo.InvariantCulture, $"{rate:0.0}/s"));
            }

            if (progress.NextBatchAt is { } next && next > now)
            {
                parts.Add($"next batch in {Printable.Span(next - now)}");
            }

            if (progress.EtaAt is { } eta && !view.HasEnded)
            {
                parts.Add($"eta {Printable.Span(eta - now)}");
            }
        }

        if (latest.PausedReason is { } reason)
        {
            parts.Add(Printable.Line(reason));
        }

        return string.Join("  ", parts);
    }

    public static string Counts(Progress progress) =>
        $"{progress.Completed} completed, {progress.Failed} failed, {progress.Running} running, "
        + $"{progress.Pending} pending ({progress.Retrying} retrying), {progress.Skipped} skipped of {progress.Total}";
}
