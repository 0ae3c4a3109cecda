-- The catalogue's identity alone: what a patch is called and how much it matters is each organization's own (org_patches).
-- source: 1 microsoft, 2 apple, 3 linux, 4 third_party, 5 custom.
create table patches (
  id uuid primary key, source smallint not null, external_id text collate binary not null, created_at bigint not null);
create unique index patches_identity on patches (source, external_id);

-- What one organization sees of a patch, as its own devices told it. severity: 1 critical, 2 important, 3 moderate, 4 low, 5 unknown.
-- os_types: a bit each, 1 windows, 2 macos, 4 linux. title_key is the lower-cased title, for searching and sorting.
create table org_patches (
  org_id uuid not null, patch_id uuid not null references patches (id), source smallint not null, external_id text collate binary not null,
  title text not null, title_key text collate binary not null, description text, severity smallint not null, category text, version text,
  os_types smallint not null, release_date bigint, requires_reboot smallint, size_bytes bigint,
  created_at bigint not null, changed_at bigint not null, primary key (org_id, patch_id));
create index org_patches_newest on org_patches (org_id, created_at, patch_id);
create index org_patches_patch on org_patches (patch_id);

-- status: 1 pending, 2 installed, 3 failed, 4 skipped, 5 missing, 6 gone (never shown, never counted).
-- offered: the latest scan offers it. error: of the last attempt, while it stands as failed or skipped. requires_reboot: an attempt left
-- the device waiting for one. statement: a hash of what this device last said about the patch, so that devices that see it differently
-- do not overwrite one another at every scan.
create table device_patches (
  device_id uuid not null, patch_id uuid not null, org_id uuid not null, source smallint not null,
  status smallint not null, offered smallint not null, version text, current_version text, error text, requires_reboot smallint not null default 0, statement bigint not null default 0,
  first_seen_at bigint not null, changed_at bigint not null, primary key (device_id, patch_id));
create index device_patches_patch on device_patches (org_id, patch_id, status, device_id);

-- Kept as rows change, in their transaction. slot: silos write rows of their own, so that none waits for another; read as a sum.
create table org_patch_counts (
  org_id uuid not null, patch_id uuid not null, slot smallint not null,
  pending bigint not null default 0, installed bigint not null default 0, failed bigint not null default 0,
  skipped bigint not null default 0, missing bigint not null default 0, primary key (org_id, patch_id, slot));
create index org_patch_counts_patch on org_patch_counts (patch_id);
-- One row a device that ever reported; whoever changes rows of device_patches holds it and counts its version up. noncompliant = pending + failed + skipped + missing.
create table device_patch_totals (
  device_id uuid primary key, org_id uuid not null,
  pending int not null default 0, installed int not null default 0, failed int not null default 0,
  skipped int not null default 0, missing int not null default 0, noncompliant int not null default 0, version bigint not null default 0);
create index device_patch_totals_worst on device_patch_totals (org_id, noncompliant, device_id);
create index device_patch_totals_worst_of_all on device_patch_totals (noncompliant, device_id);

-- digest: of the last complete report, until something else changes the device's rows; the same report again then changes nothing.
-- completed_at: of the last complete scan. error: why the last one could not look.
create table device_scans (
  device_id uuid not null, source smallint not null, scan_id uuid, reported_at bigint not null, completed_at bigint, digest text, error text,
  primary key (device_id, source));

-- Parts of a report that is not whole yet; a newer scan of the same source takes the place of an older one. bytes: what it is counted as.
create table patch_report_parts (
  device_id uuid not null, source smallint not null, scan_id uuid not null, part int not null, org_id uuid not null, bytes int not null,
  body text not null, received_at bigint not null, primary key (device_id, source, part));
create index patch_report_parts_org on patch_report_parts (org_id, bytes);
create index patch_report_parts_received on patch_report_parts (received_at);

-- status: 1 pending, 2 running, 3 completed, 4 failed. format: 1 csv, 2 pdf. scope_kind, scope_id: whose devices (an organization's, all of
-- a partner's, all there are). run counts the attempts: what a silo that was thought dead still writes belongs to an earlier run.
create table compliance_reports (
  id uuid primary key, scope_kind smallint not null, scope_id uuid not null, source smallint, severity smallint, format smallint not null,
  status smallint not null, run int not null default 0, created_by text not null, created_at bigint not null,
  started_at bigint, heartbeat_at bigint, completed_at bigint, as_of bigint, row_count bigint, summary text, error text);
create index compliance_reports_scope on compliance_reports (scope_kind, scope_id, id);
create index compliance_reports_open on compliance_reports (id) where status in (1, 2);
-- body: a gzip member; one after the other they are one gzip stream. (SQLite takes bytea as it comes.)
create table compliance_report_chunks (
  report_id uuid not null, run int not null, chunk int not null, body bytea not null, primary key (report_id, run, chunk));
