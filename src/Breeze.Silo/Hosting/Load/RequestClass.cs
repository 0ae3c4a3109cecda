using Breeze.Contracts.Agents;

namespace Breeze.Silo.Hosting.Load;

/// <summary>What is asked of a silo, from the first that an overloaded one does without to what it always answers.</summary>
public enum RequestClass
{
    /// <summary>Lists, views, previews, reports and exports, live pages: they can be asked again.</summary>
    Read = 1,

    /// <summary>What operators change.</summary>
    Change = 2,

    /// <summary>New connections of agents, and enrolments.</summary>
    Arrival = 3,

    /// <summary>What devices say of their patches and of themselves: they say it again.</summary>
    Report = 4,

    /// <summary>What devices accept and how commands ended, and the pause or cancel that lessens the work: refused only when memory ends.</summary>
    Result = 5,

    /// <summary>Health, metrics, signing in, the console's files: never refused.</summary>
    Vital = 6,
}

/// <summary>Which class a route is of, where its method and address do not tell.</summary>
internal sealed record ShedWith(RequestClass Class);

internal static class RequestClasses
{
    private static readonly PathString Api = "/api";
    private static readonly PathString Hubs = "/hubs";
    private static readonly PathString Dashboard = "/dashboard";

    /// <summary>Puts a route into another class than that of its method.</summary>
    public static TBuilder ShedAs<TBuilder>(this TBuilder route, RequestClass shedWith)
        where TBuilder : IEndpointConventionBuilder => route.WithMetadata(new ShedWith(shedWith));

    public static RequestClass Of(HttpContext http)
    {
        if (http.GetEndpoint()?.Metadata.GetMetadata<ShedWith>() is { } named)
        {
            return named.Class;
        }

        var path = http.Request.Path;
        return path.StartsWithSegments(AgentMethods.HubPath, StringComparison.Ordinal) ? RequestClass.Arrival
            : path.StartsWithSegments(Hubs) || path.StartsWithSegments(Dashboard) ? RequestClass.Read
            : !path.StartsWithSegments(Api) ? RequestClass.Vital
            : HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsHead(http.Request.Method) ? RequestClass.Read
            : RequestClass.Change;
    }
}
