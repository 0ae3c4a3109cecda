using System.Text.Json;

namespace Breeze.Contracts;

/// <summary>A value in a JSON body that cannot be read, in words for whoever sent it.</summary>
/// <remarks>The message continues "member …": <c>must be one of draft, pending</c>. The serializer adds the member's path.</remarks>
public sealed class WireFormatException : JsonException
{
    public WireFormatException()
    {
    }

    public WireFormatException(string message)
        : base(message)
    {
    }

    public WireFormatException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
