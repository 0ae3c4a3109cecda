namespace Breeze.Silo.Live;

/// <summary>What can be followed.</summary>
internal enum LiveKind
{
    Deployment = 1,
    Job,
    Compliance,
    Approvals,
}

/// <summary>One thing that is followed: a deployment, a patch job, an organization's compliance or approvals.</summary>
internal readonly record struct LiveTopic(LiveKind Kind, Guid Id)
{
    /// <summary>The hub group of its subscribers.</summary>
    public string Group => $"{Kind}:{Id}";

    public static LiveTopic Deployment(Guid id) => new(LiveKind.Deployment, id);

    public static LiveTopic Job(Guid id) => new(LiveKind.Job, id);

    public static LiveTopic Compliance(Guid org) => new(LiveKind.Compliance, org);

    public static LiveTopic Approvals(Guid org) => new(LiveKind.Approvals, org);
}
