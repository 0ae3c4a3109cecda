-- A deployment's engine runs patch jobs and patch rollbacks too. kind: 0 deployment, 1 patch job, 2 patch rollback.
-- occurrence: of a schedule, so that each makes one job. deadline_at: until when a device that is away or suppressed is waited for.
-- os_type: of the package that a software deployment installs, as it was at initialize; devices of another are left out.
alter table deployments add column kind smallint not null default 0;
alter table deployments add column os_type text;
alter table deployments add column policy_id uuid;
alter table deployments add column patch_id uuid;
alter table deployments add column occurrence text;
alter table deployments add column scheduled_at bigint;
alter table deployments add column deadline_at bigint;
create unique index deployments_occurrence on deployments (occurrence) where occurrence is not null;
create index deployments_kind on deployments (org_id, kind, id);

-- What an install left out of what was asked for: [{id, reason}] as JSON; null for nothing.
alter table device_commands add column left_out text;

create table software_packages (
  id uuid primary key, org_id uuid not null references organizations (id), name text not null, package_version text not null,
  os_type text not null, url text not null, sha256 text not null, size_bytes bigint not null,
  install_arguments text, uninstall_command text, detection text,
  created_at bigint not null, updated_at bigint not null, version bigint not null default 1);
create index software_packages_org on software_packages (org_id, id);
