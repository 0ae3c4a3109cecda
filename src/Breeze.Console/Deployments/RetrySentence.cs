using Breeze.Console.Shell;
using Breeze.Contracts.Deployments;

namespace Breeze.Console.Deployments;

/// <summary>What became of a retry of many, in a sentence: how many go again, and why the others do not.</summary>
public static class RetrySentence
{
    public static string Of(RetriedMany answer)
    {
        var refused = answer.Refused.GroupBy(r => r.Reason).OrderByDescending(g => g.Count()).Take(3).Select(g => $"{Number.Of(g.Count())}: {g.Key}");
        return answer.Refused.Count == 0
            ? $"{Number.Of(answer.Retried.Count, "device")} will be tried again."
            : $"{Number.Of(answer.Retried.Count, "device")} will be tried again, {Number.Of(answer.Refused.Count)} not ({string.Join("; ", refused)}).";
    }
}
