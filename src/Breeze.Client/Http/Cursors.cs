using System.Runtime.CompilerServices;

namespace Breeze.Client.Http;

/// <summary>Walks a list by its cursors: stable while rows are inserted, the same cost on every page.</summary>
internal static class Cursors
{
    public static async IAsyncEnumerable<T> Walk<TPage, T>(
        Func<string?, CancellationToken, Task<TPage>> page,
        Func<TPage, (IReadOnlyList<T> Data, string? Next)> parts,
        [EnumeratorCancellation] CancellationToken cancel)
    {
        string? cursor = null;
        do
        {
            var (data, next) = parts(await page(cursor, cancel));
            foreach (var item in data)
            {
                yield return item;
            }

            cursor = next;
        }
        while (cursor is not null);
    }
}
