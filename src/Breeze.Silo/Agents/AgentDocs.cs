using Breeze.Contracts;
using Breeze.Contracts.Agents;
using Breeze.Silo.Hosting;

namespace Breeze.Silo.Agents;

/// <summary>The descriptions of the agents' routes in OpenAPI.</summary>
internal static class AgentDocs
{
    private static readonly DateTimeOffset At = new(2026, 3, 1, 9, 0, 0, TimeSpan.Zero);
    private static readonly Guid DeviceId = Guid.Parse("0198f6a0-0000-7000-8000-000000000011");

    private static readonly DeviceCommand Command = new(
        Guid.Parse("0198f6a0-0000-7000-8000-000000000022"), "run_script", 1, DeviceCommandState.Done, DeviceCommandOutcome.Completed, 0, 812, false,
        At, At, At, At.AddSeconds(1));

    public static RouteDocs All { get; } = new RouteDocs()
        .Add("POST /agents/enroll", "Enrol a device",
            "The enrolment key in the body is the credential. A bad, expired, exhausted or revoked one is 403, all alike; failures are limited by address.",
            new EnrollAnswer(new(
                DeviceId, Guid.Parse("0198f6a0-0000-7000-8000-000000000002"), Guid.Parse("0198f6a0-0000-7000-8000-000000000010"),
                "brd_EXAMPLE-not-a-credential", [new("3f1a2b4c5d6e7f80", CommandSignature.Algorithm, "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE…")])),
            new EnrollRequest("bre_EXAMPLE-not-a-key", "front-desk-1", OsType.Linux, "6.1", "x64", "0.1.0", ["reception"]), 201)
        .Add("POST /agents/rotate-token", "Rotate a device's credential",
            "For the device itself, with the credential in use. It brings the next one, so that a lost answer locks nobody out; a repeat changes nothing.",
            new Single<DeviceReference>(new(DeviceId)), new RotateTokenRequest("brd_" + new string('A', 43)))
        .Add("POST /agents/command-keys/rotate", "Rotate the key that signs commands",
            "Adds a key, vouched for by the one before it. Agents learn it when they next connect; connected ones are signed for with the key they know.",
            new Single<CommandKey>(new("9c1d2e3f4a5b6c7d", CommandSignature.Algorithm, "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE…", "3f1a2b4c5d6e7f80", "MEUCIQD…")))
        .Add("GET /devices/{id}/commands", "List a device's commands", "Newest first, without their output.",
            new PagedList<DeviceCommand>([Command], new(1, 50, 1), null))
        .Add("GET /devices/{id}/commands/{commandId}", "Get a command", "One command with its output, at most 64 KiB.",
            new Single<DeviceCommandDetail>(new(Command, "Removed 14 files.", null, null)))
        .Add("GET /cluster", "Show the cluster", "The silos of the last day, what became of them, how many agents each held at its last word (each 3 s), and whether one is older than the schema. Not by pages: there are few.",
            new Single<ClusterStatus>(new("breeze", "postgres", "0011_silo_state", 1, 9_412,
            [
                new("S127.0.0.1:11111:152345678", "0.1.0", SiloState.Active, At, At.AddHours(3), null, 9_412, true, "0011_silo_state"),
                new("S127.0.0.1:11112:152345120", "0.1.0", SiloState.Stopped, At.AddHours(-2), At.AddMinutes(-1), At.AddMinutes(-1), 0, false, "0011_silo_state"),
            ])))
        .Add("POST /devices/{id}/revoke-credential", "Revoke a device's credential",
            "Ends its connection; the device must enrol anew. A repeat changes nothing.", new Single<DeviceReference>(new(DeviceId)));
}
