using System.Text.Json;
using Breeze.Contracts.Agents;
using Breeze.Core;

namespace Breeze.Silo.Agents;

/// <summary>Takes what devices report about their patches. Here, because features above this one own what becomes of it.</summary>
public interface IPatchReports
{
    /// <summary>Takes one message of a device that has said Hello; durable when answered, taken whole or refused whole and audited.</summary>
    /// <param name="message">As it came, so that a malformed one can be told from a lost one.</param>
    Task<Acknowledged> Take(DeviceId device, JsonElement message);

    /// <summary>Audits a message that was too large to be read: its connection ended.</summary>
    Task Oversized(DeviceId device);
}
