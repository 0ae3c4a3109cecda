using Breeze.Contracts;
using Breeze.Core;

namespace Breeze.Silo.Hosting;

/// <summary>Answers in the shapes of the contract, from values and from <see cref="Answer{T}"/>.</summary>
public static class Replies
{
    /// <summary>200 with <c>{data}</c>.</summary>
    public static IResult Ok<T>(T value) => Bare(new Single<T>(value));

    /// <summary>201 with <c>{data}</c> and where it can be read.</summary>
    public static IResult Created<T>(string location, T value) => Results.Created(location, new Single<T>(value));

    /// <summary>201 with the object itself and where it can be read.</summary>
    public static IResult CreatedBare<T>(string location, T value) => Results.Created(location, value);

    /// <summary>200 with the object itself: lists, and the answers whose members stand at the top.</summary>
    public static IResult Bare<T>(T value) => Results.Json(value, BreezeJson.Options);

    /// <summary>200 with <c>{data}</c>, or the refusal's problem.</summary>
    public static IResult ToHttp<T>(this Answer<T> answer) => answer.ToHttp(value => Ok(value));

    /// <summary>What <paramref name="accepted"/> makes of the value, or the refusal's problem.</summary>
    public static IResult ToHttp<T>(this Answer<T> answer, Func<T, IResult> accepted) =>
        answer.Refusal is { } refusal ? Problems.From(refusal) : accepted(answer.Value!);
}
