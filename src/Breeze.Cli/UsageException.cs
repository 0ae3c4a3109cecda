namespace Breeze.Cli;

/// <summary>Something about the command line, a named file or the login; one sentence, before anything is sent.</summary>
public sealed class UsageException(string message, Exception? inner = null) : Exception(message, inner);
