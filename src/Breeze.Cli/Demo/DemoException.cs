namespace Breeze.Cli.Demo;

/// <summary>Something that the demo stands on did not build, start or stay; one sentence.</summary>
public sealed class DemoException(string message, Exception? inner = null) : Exception(message, inner);
