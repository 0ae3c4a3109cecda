using Breeze.Agent.Tools;

namespace Breeze.Agent.Tests.Tools;

/// <summary>Programs that this machine does not have, as scripts that print what the real ones were seen to print.</summary>
public sealed class RecordedTools : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, string> _programs = [];

    public DeviceTools Device => new(_programs, new Dictionary<string, string> { ["RECORDED"] = _folder.Path });

    public string Folder => _folder.Path;

    /// <summary>How each program was called, in order: its name and its arguments, joined by blanks.</summary>
    public IReadOnlyList<string> Calls => File.Exists(_folder.File("calls")) ? File.ReadAllLines(_folder.File("calls")) : [];

    public ToolRunner Runner() => new(Device, TimeProvider.System);

    /// <summary>Adds a program; <c>$RECORDED</c> in its script is this folder.</summary>
    public RecordedTools Add(string name, string script)
    {
        var path = _folder.File(name);
        File.WriteAllText(path, $"#!/bin/sh\necho \"{name} $*\" >> \"$RECORDED/calls\"\n{script}\n".ReplaceLineEndings("\n"));
        using var mode = System.Diagnostics.Process.Start("chmod", ["755", path]);
        mode.WaitForExit();
        _programs[name] = path;
        return this;
    }

    /// <summary>A file for a script to print.</summary>
    public RecordedTools Text(string name, string content)
    {
        File.WriteAllText(_folder.File(name), content.ReplaceLineEndings("\n"));
        return this;
    }

    public void Dispose() => _folder.Dispose();
}
