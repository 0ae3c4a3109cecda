using System.Data.Common;
using Breeze.Contracts;
using Breeze.Contracts.Software;
using Breeze.Core;
using Breeze.Core.Access;
using Breeze.Silo.Access;
using Breeze.Silo.Fleet;
using Breeze.Silo.Hosting;
using Breeze.Silo.Storage;
using Dapper;

namespace Breeze.Silo.Software;

/// <summary>Reads and writes software packages. What a deployment installs is fixed when it is initialized: changes here do not reach it.</summary>
internal sealed class SoftwareStore(IDatabase database, TimeProvider clock)
{
    public Task<Answer<PagedList<SoftwarePackage>>> List(OrgScope scope, Listing wanted, NumberedPage page) =>
        new NewestFirst(SoftwareRow.Columns, "software_packages s", "s")
            .ReadWithin<SoftwareRow, SoftwarePackage, SoftwarePosition>(database, scope, wanted, page, r => r.Shown, r => new SoftwarePosition(r.Id));

    public Task<Answer<Versioned<SoftwarePackage>>> Get(OrgScope scope, Guid id) => database.Read<Answer<Versioned<SoftwarePackage>>>(async c =>
        await Find(c, scope, id) is { } row ? row.Versioned : NotFound);

    public Task<Answer<Versioned<SoftwarePackage>>> Create(Caller caller, SoftwarePackageBody body) =>
        database.Write<Answer<Versioned<SoftwarePackage>>>(async tx =>
        {
            var org = await OrgChoice.Choose(tx, caller.Scope, body.OrgId);
            var now = clock.GetUtcNow();
            var read = org.Refusal is { } foreign ? foreign : SoftwareBodies.Read(body, Guid.CreateVersion7(), org.Value, now, now, version: 1);
            if (read.Refusal is { } refusal)
            {
                return refusal;
            }

            await tx.Connection!.ExecuteAsync(
                """
                insert into software_packages (id, org_id, name, package_version, os_type, url, sha256, size_bytes, install_arguments,
                  uninstall_command, detection, created_at, updated_at)
                values (@Id, @OrgId, @Name, @PackageVersion, @OsType, @Url, @Sha256, @SizeBytes, @InstallArguments,
                  @UninstallCommand, @Detection, @CreatedAt, @UpdatedAt)
                """,
                read.Value,
                tx);
            return await Noted(tx, caller, "software_package.create", read.Value!);
        });

    public Task<Answer<Versioned<SoftwarePackage>>> Update(Caller caller, Guid id, long? version, SoftwarePackageBody body) =>
        database.Write<Answer<Versioned<SoftwarePackage>>>(async tx =>
        {
            var found = await Find(tx, caller.Scope, id);
            var read = SoftwareBodies.Read(body, id, found?.OrgId ?? default, found?.CreatedAt ?? default, clock.GetUtcNow(), (found?.Version ?? 0) + 1);
            if (read.Refusal is { } invalid)
            {
                return invalid;
            }

            if (found is null)
            {
                return NotFound;
            }

            if (body.OrgId is { } org && org != found.OrgId.Value)
            {
                return Refusal.Invalid("orgId cannot be changed.", "orgId");
            }

            // The version read above is the fence either way: a change in between is a change that nobody here has seen.
            var changed = (version ?? found.Version) != found.Version ? 0 : await tx.Connection!.ExecuteAsync(
                """
                update software_packages set name = @Name, package_version = @PackageVersion, os_type = @OsType, url = @Url, sha256 = @Sha256,
                  size_bytes = @SizeBytes, install_arguments = @InstallArguments, uninstall_command = @UninstallCommand, detection = @Detection,
                  updated_at = @UpdatedAt, version = version + 1
                where id = @Id and version = @Version - 1
                """,
                read.Value,
                tx);
            return changed == 0 ? EntityTags.Mismatch("The software package") : await Noted(tx, caller, "software_package.update", read.Value!);
        });

    public Task<Answer<Versioned<SoftwarePackage>>> Delete(Caller caller, Guid id, long? version) =>
        database.Write<Answer<Versioned<SoftwarePackage>>>(async tx =>
        {
            if (await Find(tx, caller.Scope, id) is not { } row)
            {
                return NotFound;
            }

            return await tx.Connection!.ExecuteAsync("delete from software_packages where id = @id" + Fence.Sql(version), new { id, version }, tx) == 0
                ? EntityTags.Mismatch("The software package")
                : await Noted(tx, caller, "software_package.delete", row);
        });

    private static Refusal NotFound => Refusal.NotFound("The software package");

    private async Task<Answer<Versioned<SoftwarePackage>>> Noted(DbTransaction tx, Caller caller, string action, SoftwareRow row)
    {
        await FleetAudit.Write(tx, caller, row.OrgId, clock, action, "software_package", row.Id, new { row.Name, row.PackageVersion, row.OsType, row.Url, row.Sha256 });
        return row.Versioned;
    }

    private static Task<SoftwareRow?> Find(SqlSource source, OrgScope scope, Guid id) => source.First<SoftwareRow>(
        $"select {SoftwareRow.Columns} from software_packages s where s.id = @id and {scope.Sql("s.org_id")}", new { id, scopeId = scope.Id });

    private sealed record SoftwarePosition(Guid Id) : ListPosition(Id);
}
