using Breeze.Contracts.Agents;

namespace Breeze.Contracts.Fleet;

/// <summary>What <c>POST /scripts</c> and <c>PUT /scripts/:id</c> take; PUT takes the whole.</summary>
public sealed record ScriptBody
{
    /// <summary>The organization; null where the key sees exactly one. Not changed by PUT.</summary>
    public Guid? OrgId { get; init; }

    /// <summary>1 to 200 characters.</summary>
    public string? Name { get; init; }

    /// <summary><c>bash</c>, <c>sh</c>, <c>python</c> or <c>powershell</c>.</summary>
    public ScriptLanguage? Language { get; init; }

    /// <summary>The text, up to 256 KB in UTF-8.</summary>
    public string? Content { get; init; }

    /// <summary>Up to 50; null for none.</summary>
    public IReadOnlyList<ScriptParameterBody>? Parameters { get; init; }

    /// <summary>1 to 86400; null means 300.</summary>
    public int? TimeoutSeconds { get; init; }
}

/// <summary>A parameter; its value reaches the script as an environment variable of that name.</summary>
public sealed record ScriptParameterBody
{
    /// <summary>A letter or '_', then letters, digits or '_', at most 64; not one that the system uses itself.</summary>
    public string? Name { get; init; }

    /// <summary>Used where a run gives no value; null: the variable is then not set.</summary>
    public string? Default { get; init; }

    /// <summary>A run must give a value; null means false.</summary>
    public bool? Required { get; init; }
}

/// <summary>A script of an organization.</summary>
/// <param name="Content">Null in lists.</param>
/// <param name="TimeoutSeconds">From the process's start on the device.</param>
public sealed record Script(
    Guid Id,
    Guid OrgId,
    string Name,
    ScriptLanguage Language,
    string? Content,
    IReadOnlyList<ScriptParameterView> Parameters,
    int TimeoutSeconds,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt);

/// <summary>A parameter as it is answered.</summary>
public sealed record ScriptParameterView(string Name, string? Default, bool Required);
