using Breeze.Contracts;
using Breeze.Contracts.Patches;
using Breeze.Silo.Hosting;

namespace Breeze.Silo.Patches;

/// <summary>The descriptions of the patches' routes in OpenAPI.</summary>
internal static class PatchDocs
{
    private static readonly DateTimeOffset At = new(2026, 3, 1, 9, 0, 0, TimeSpan.Zero);
    private static readonly Guid Id = Guid.Parse("0198f6a0-0000-7000-8000-000000000031");
    private static readonly Guid DeviceId = Guid.Parse("0198f6a0-0000-7000-8000-000000000011");
    private static readonly Guid CommandId = Guid.Parse("0198f6a0-0000-7000-8000-000000000022");
    private static readonly PatchCounts Counts = new(12, 180, 3, 1, 4);

    private static readonly Patch Patch = new(
        Id, "linux", "apt:openssl:amd64=3.0.15-1~deb12u1", "openssl 3.0.15-1~deb12u1", "Secure Sockets Layer toolkit", "important", "security",
        "3.0.15-1~deb12u1", ["linux"], At.AddDays(-3), false, 1_433_600, At, "pending", Counts);

    public static RouteDocs All { get; } = new RouteDocs()
        .Add("POST /patches/scan", "Scan devices for patches",
            "One command a device, durable: sent now, or when the device connects. Devices that cannot be asked are named, never an error. "
            + "A scan that a device has not begun stands for a new one of the same sources.",
            new PatchScanAnswer(1, [CommandId], [CommandId], [], [], new([], [])), new PatchScanRequest([DeviceId], "linux"))
        .Add("GET /patches", "List patches",
            "What the organization's own devices reported, with its approval and its devices by status. A partner or system key without orgId sees the union of its organizations and no approvalStatus.",
            new PagedList<Patch>([Patch], new(1, 50, 1), null))
        .Add("GET /patches/sources", "List patch sources", "All sources, or those that a system can have, each with how many patches were reported.",
            new PagedList<PatchSourceSummary>([new("linux", "The distribution's packages (apt, dnf, yum, zypper)", ["linux"], 214)], new(1, 50, 1), null))
        .Add("GET /patches/{id}", "Get a patch", "One patch. 404 where none of the caller's devices reported it.", Patch)
        .Add("GET /devices/{id}/patches", "List a device's patches", "The latest change first.",
            new PagedList<PatchOnDevice>(
                [new(Id, "linux", Patch.ExternalId, Patch.Title, "important", "security", "3.0.15-1~deb12u1", "3.0.14-1~deb12u2", "pending", "approved", null, false, At, At)],
                new(1, 50, 1), null));
}
