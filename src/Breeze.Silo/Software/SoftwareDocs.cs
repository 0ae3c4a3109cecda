using Breeze.Contracts;
using Breeze.Contracts.Agents;
using Breeze.Contracts.Software;
using Breeze.Silo.Hosting;

namespace Breeze.Silo.Software;

/// <summary>The descriptions of the software packages' routes in OpenAPI.</summary>
internal static class SoftwareDocs
{
    private static readonly DateTimeOffset At = new(2026, 3, 1, 9, 0, 0, TimeSpan.Zero);

    private static readonly SoftwarePackage Package = new(
        Guid.Parse("0198f6a0-0000-7000-8000-000000000031"), Guid.Parse("0198f6a0-0000-7000-8000-000000000002"), "7-Zip", "24.09", "windows",
        "https://packages.example.com/7z2409-x64.msi", "ec6af1ea0367d16dde6639a89a080a524cebc4d4bedfe00ed0cac4b865a918d8", 1_972_736,
        "/qn /norestart", "msiexec /x {23170F69-40C1-2702-2409-000001000000} /qn /norestart",
        new SoftwareDetection(DetectionType.File, Path: "C:\\Program Files\\7-Zip\\7z.exe"), At, At);

    private static readonly object Body = new
    {
        orgId = Package.OrgId,
        name = Package.Name,
        version = Package.Version,
        osType = Package.OsType,
        url = Package.Url,
        sha256 = Package.Sha256,
        sizeBytes = Package.SizeBytes,
        installArguments = Package.InstallArguments,
        uninstallCommand = Package.UninstallCommand,
        detection = Package.Detection,
    };

    public static RouteDocs All { get; } = new RouteDocs()
        .Add("GET /software-packages", "List software packages", "Newest first.", new PagedList<SoftwarePackage>([Package], new(1, 50, 1), null))
        .Add("GET /software-packages/{id}", "Get a software package", "One package.", One)
        .Add("POST /software-packages", "Create a software package",
            "Devices download it from its address; what does not have its size and SHA-256 is never run.", One, Body, 201)
        .Add("PUT /software-packages/{id}", "Replace a software package",
            "Sets all of it. Deployments that are initialized keep what they had. If-Match refuses with 412 when it was changed since.", One, Body)
        .Add("DELETE /software-packages/{id}", "Delete a software package", "Removes it; initialized deployments keep what they had.", One);

    private static Single<SoftwarePackage> One => new(Package);
}
