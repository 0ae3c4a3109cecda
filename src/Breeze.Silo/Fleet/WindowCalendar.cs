using Breeze.Contracts.Fleet;
using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Silo.Access;
using Breeze.Silo.Storage;

namespace Breeze.Silo.Fleet;

/// <summary>The openings of windows within a span of time, as a calendar shows them.</summary>
internal sealed class WindowCalendar(IDatabase database)
{
    private const int MostWindows = 1_000;
    private const int MostOccurrences = 2_000;
    private static readonly TimeSpan LongestSpan = TimeSpan.FromDays(62);

    /// <param name="orgId">The windows that apply within one organization, its partner's too where the caller may see them; null: all that the caller may see.</param>
    public Task<Answer<WindowOccurrences>> List(OrgScope scope, Guid? orgId, DateTimeOffset from, DateTimeOffset to) =>
        database.Read<Answer<WindowOccurrences>>(async c =>
        {
            if (Refuse(from, to) is { } invalid)
            {
                return invalid;
            }

            if (await OrgChoice.Refuse(c, scope, orgId) is { } refusal)
            {
                return refusal;
            }

            SqlSource source = c;
            var within = orgId is null ? "" :
                " and (w.org_id = @orgId or w.partner_id = (select o.partner_id from organizations o where o.id = @orgId))";
            var windows = await source.Query<WindowRow>(
                $"select {WindowRow.Columns} from maintenance_windows w where {WindowRow.Within(scope)}{within} order by w.id desc limit @most",
                new { scopeId = scope.Id, orgId, most = MostWindows + 1 });
            var (occurrences, isWhole) = Merge([.. windows.Take(MostWindows)], from, to);
            return new WindowOccurrences(occurrences, !isWhole || windows.Count > MostWindows);
        });

    /// <summary>The earliest openings of all windows: no window is followed further than it is shown.</summary>
    private static (IReadOnlyList<WindowOccurrence> Occurrences, bool IsWhole) Merge(IReadOnlyList<WindowRow> windows, DateTimeOffset from, DateTimeOffset to)
    {
        var next = new PriorityQueue<(WindowRow Window, IEnumerator<(DateTimeOffset StartsAt, DateTimeOffset EndsAt)> Openings), (DateTimeOffset, Guid)>();
        foreach (var window in windows)
        {
            Enqueue(window, window.Schedule.Openings(from, to).GetEnumerator());
        }

        var occurrences = new List<WindowOccurrence>();
        while (occurrences.Count < MostOccurrences && next.TryDequeue(out var one, out _))
        {
            occurrences.Add(one.Window.Occurrence(one.Openings.Current.StartsAt, one.Openings.Current.EndsAt));
            Enqueue(one.Window, one.Openings);
        }

        return (occurrences, next.Count == 0);

        void Enqueue(WindowRow window, IEnumerator<(DateTimeOffset StartsAt, DateTimeOffset EndsAt)> openings)
        {
            if (openings.MoveNext())
            {
                next.Enqueue((window, openings), (openings.Current.StartsAt, window.Id));
            }
        }
    }

    private static Refusal? Refuse(DateTimeOffset from, DateTimeOffset to) =>
        from.UtcDateTime.Year is < 1970 or > 2200 ? Refusal.Invalid("from must be between the years 1970 and 2200.", "from")
        : to <= from ? Refusal.Invalid("to must be after from.", "to")
        : to - from > LongestSpan ? Refusal.Invalid($"from and to must be at most {LongestSpan.Days} days apart.", "to")
        : null;
}
