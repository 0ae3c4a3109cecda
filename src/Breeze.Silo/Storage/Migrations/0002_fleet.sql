create table sites (
  id uuid primary key, org_id uuid not null references organizations (id), name text not null, time_zone text not null,
  created_at bigint not null, version bigint not null default 1);
create index sites_org on sites (org_id, id);

-- hostname_key is the lower-cased hostname: what batches are ordered by; display_name_key the same of the display name.
-- "collate binary" is spelt as each engine spells it: text that is ordered, or lower-cased by a filter, does so alike on both.
create table devices (
  id uuid primary key, org_id uuid not null references organizations (id), site_id uuid not null references sites (id),
  hostname text not null, hostname_key text collate binary not null, display_name text, display_name_key text collate binary,
  os_type text not null, os_version text collate binary not null,
  architecture text collate binary not null, agent_version text collate binary not null, capabilities text not null default '[]',
  token_hash text not null, token_revoked_at bigint,
  enrolled_at bigint not null, decommissioned_at bigint, version bigint not null default 1,
  -- Presence, written by the Agents feature alone: the silo that holds (or last held) the socket, and the connection's epoch.
  silo_id text, connection_epoch bigint not null default 0, connected_at bigint, disconnected_at bigint, last_seen_at bigint);
create unique index devices_token on devices (token_hash);
create index devices_order on devices (org_id, hostname_key, id);
create index devices_newest on devices (org_id, id);
create index devices_site on devices (site_id);
create index devices_silo on devices (silo_id) where disconnected_at is null;

create table device_tags (
  device_id uuid not null references devices (id), tag text collate binary not null, primary key (device_id, tag));
create index device_tags_tag on device_tags (tag, device_id);
-- number is the value where its text is one; filters that compare with numbers use it.
create table device_fields (
  device_id uuid not null references devices (id), name text collate binary not null, value text collate binary not null,
  number double precision, primary key (device_id, name));

create table device_groups (
  id uuid primary key, org_id uuid not null references organizations (id), name text not null, kind text not null,
  filter text, created_at bigint not null, version bigint not null default 1);
create index device_groups_org on device_groups (org_id, id);
create table device_group_members (
  group_id uuid not null references device_groups (id), device_id uuid not null references devices (id),
  primary key (group_id, device_id));
create index device_group_members_device on device_group_members (device_id);

create table scripts (
  id uuid primary key, org_id uuid not null references organizations (id), name text not null, language text not null,
  content text not null, parameters text not null, timeout_seconds int not null,
  created_at bigint not null, updated_at bigint not null, version bigint not null default 1);
create index scripts_org on scripts (org_id, id);

create table enrollment_keys (
  id uuid primary key, org_id uuid not null references organizations (id), site_id uuid not null references sites (id),
  name text not null, key_hash text not null, max_uses int, uses int not null default 0,
  created_at bigint not null, expires_at bigint, revoked_at bigint);
create unique index enrollment_keys_hash on enrollment_keys (key_hash);
create index enrollment_keys_org on enrollment_keys (org_id, id);

create table maintenance_windows (
  id uuid primary key, partner_id uuid, org_id uuid, name text not null, level text not null, target_id uuid not null,
  time_zone text not null, starts_at bigint not null, duration_minutes int not null, recurrence text,
  allows_deployments smallint not null, suppresses_patching smallint not null,
  created_at bigint not null, version bigint not null default 1);
create index maintenance_windows_target on maintenance_windows (level, target_id);
create index maintenance_windows_org on maintenance_windows (org_id, id);
create index maintenance_windows_partner on maintenance_windows (partner_id, id);
