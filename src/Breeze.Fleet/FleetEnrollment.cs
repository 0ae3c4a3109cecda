using System.Text.Json;
using System.Text.Json.Serialization;
using Breeze.Agent.Connection;
using Breeze.Agent.Enrollment;

namespace Breeze.Fleet;

/// <summary>A simulated device's identity as it is kept between runs: one line of JSON.</summary>
internal sealed record KeptIdentity(int Index, Identity Identity);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(KeptIdentity))]
internal sealed partial class KeptIdentityJson : JsonSerializerContext;

/// <summary>Gives every device an identity: one it kept, or a new one.</summary>
internal static class FleetEnrollment
{
    private const int Tries = 8;

    /// <returns>The identities, by device index.</returns>
    /// <exception cref="EnrollmentException">A device has no identity and cannot get one.</exception>
    public static async Task<Identity[]> Enroll(FleetOptions options, TimeProvider time, CancellationToken cancelled)
    {
        var identities = Read(options);
        var missing = Enumerable.Range(0, options.Devices).Where(index => identities[index] is null).ToList();
        if (missing.Count > 0 && options.EnrollmentKey is null)
        {
            throw new EnrollmentException($"{missing.Count} devices have no credential and there is no enrolment key.", isFinal: true);
        }

        using var file = missing.Count > 0 ? OpenToAppend(options.CredentialsFile) : null;
        using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = options.EnrollAtOnce });
        await Parallel.ForEachAsync(
            missing,
            new ParallelOptions { MaxDegreeOfParallelism = options.EnrollAtOnce, CancellationToken = cancelled },
            async (index, stop) =>
            {
                var identity = await EnrollOne(http, options, index, time, stop);
                identities[index] = identity;
                Keep(file, new KeptIdentity(index, identity));
            });
        return identities!;
    }

    private static async Task<Identity> EnrollOne(HttpClient http, FleetOptions options, int index, TimeProvider time, CancellationToken cancelled)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await Enroller.Enroll(http, options.Server, FleetFacts.Request(options, index), cancelled);
            }
            catch (EnrollmentException e) when (!e.IsFinal && attempt < Tries)
            {
                var chance = Behaviour.Chance.Of(options.Behaviour.Seed, index, attempt, Behaviour.Question.Reconnect);
                await Task.Delay(ReconnectDelay.Default.After(attempt, e.RetryAfter, chance), time, cancelled);
            }
        }
    }

    private static Identity?[] Read(FleetOptions options)
    {
        var identities = new Identity?[options.Devices];
        if (options.CredentialsFile is { } path && File.Exists(path))
        {
            foreach (var line in File.ReadLines(path))
            {
                var kept = Parse(line);
                if (kept is not null && kept.Index >= 0 && kept.Index < options.Devices)
                {
                    identities[kept.Index] = kept.Identity;
                }
            }
        }

        return identities;
    }

    private static KeptIdentity? Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, KeptIdentityJson.Default.KeptIdentity);
        }
        catch (JsonException)
        {
            // Empty, or torn when a process was killed: that device enrols again.
            return null;
        }
    }

    private static FileStream? OpenToAppend(string? path)
    {
        if (path is null)
        {
            return null;
        }

        var options = new FileStreamOptions { Mode = FileMode.Append, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return new FileStream(path, options);
    }

    private static void Keep(FileStream? file, KeptIdentity kept)
    {
        if (file is null)
        {
            return;
        }

        lock (file)
        {
            file.Write("\n"u8);
            file.Write(JsonSerializer.SerializeToUtf8Bytes(kept, KeptIdentityJson.Default.KeptIdentity));
            file.Write("\n"u8);
            file.Flush();
        }
    }
}
