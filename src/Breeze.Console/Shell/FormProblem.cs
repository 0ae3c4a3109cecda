using Breeze.Client;

namespace Breeze.Console.Shell;

/// <summary>What the server found wrong with a form, to be shown beside the fields it names.</summary>
public sealed class FormProblem
{
    private BreezeException? _refused;
    private readonly HashSet<string> _shown = new(StringComparer.Ordinal);

    /// <summary>The sentence for the form's head: all that no shown field has said. Null when there is nothing to say.</summary>
    public string? General => _refused is null ? null : _refused.Errors.Count > 0 && _refused.Errors.Keys.All(_shown.Contains) ? null : Act.Sentence(_refused);

    public bool Has(string field) => Text(field) is not null;

    /// <param name="field">Its JSON path in the request's body, such as <c>rolloutConfig.staggered.batchSize</c>.</param>
    public string? Text(string field)
    {
        _shown.Add(field);
        return _refused is not null && _refused.Errors.TryGetValue(field, out var texts) ? string.Join(' ', texts) : null;
    }

    /// <summary>True when it was accepted; else the refusal is kept until the next try.</summary>
    public async Task<bool> Try(Func<Task> send)
    {
        _refused = null;
        try
        {
            await send();
            return true;
        }
        catch (BreezeException refused)
        {
            _refused = refused;
            return false;
        }
    }

    /// <summary>Something that is wrong before it is sent.</summary>
    public void Say(string field, string text) => _refused = new BreezeException(text, errors: new Dictionary<string, IReadOnlyList<string>> { [field] = [text] });

    /// <summary>Inside <see cref="Try"/>: what must hold before anything is sent.</summary>
    /// <exception cref="BreezeException">It does not hold; <see cref="Try"/> keeps it.</exception>
    public static void Require(bool met, string field, string text)
    {
        if (!met)
        {
            throw new BreezeException(text, errors: new Dictionary<string, IReadOnlyList<string>> { [field] = [text] });
        }
    }

    public void Clear() => _refused = null;
}
