using Breeze.Core;
using Breeze.Silo.Hosting;

namespace Breeze.Silo.Fleet;

/// <summary>A thing with the version that its <c>ETag</c> names.</summary>
internal sealed record Versioned<T>(T Value, long Version);

internal static class VersionedReplies
{
    /// <summary>200 with <c>{data}</c> and the <c>ETag</c>, or the refusal's problem.</summary>
    public static IResult ToHttp<T>(this Answer<Versioned<T>> answer, HttpContext http) => answer.ToHttp(it =>
    {
        EntityTags.Set(http, it.Version);
        return Replies.Ok(it.Value);
    });

    /// <summary>201 with <c>{data}</c>, the <c>ETag</c> and the address, or the refusal's problem.</summary>
    public static IResult ToCreated<T>(this Answer<Versioned<T>> answer, HttpContext http, Func<T, string> location) => answer.ToHttp(it =>
    {
        EntityTags.Set(http, it.Version);
        return Replies.Created(location(it.Value), it.Value);
    });
}

/// <summary>The condition that lets a change through only while the version is the one the caller read.</summary>
internal static class Fence
{
    /// <summary>Goes to the end of a <c>where</c>; the statement is given <c>@version</c>.</summary>
    public static string Sql(long? version) => version is null ? "" : " and version = @version";
}
