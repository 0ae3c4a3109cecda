-- Tenants, keys, audit. One script for both engines: SQLite takes the type names as affinities.
-- Times are bigint milliseconds since 1970 UTC; enums and flags are smallint; JSON is text.
create table partners (
  id uuid primary key, name text not null, created_at bigint not null);

create table organizations (
  id uuid primary key, partner_id uuid not null references partners (id), name text not null,
  created_at bigint not null, version bigint not null default 1);
create index organizations_partner on organizations (partner_id);

create table api_keys (
  id uuid primary key, name text not null, key_hash text not null,
  scope_kind smallint not null, scope_id uuid, role smallint not null,
  created_at bigint not null, created_by text not null, expires_at bigint, revoked_at bigint, last_used_at bigint);
create unique index api_keys_hash on api_keys (key_hash);

-- org_id is null for what belongs to no single organization (system and partner keys, partners): a chain of its own.
-- chain is the org id, or the nil GUID.
create table audit_heads (chain uuid primary key, seq bigint not null, hash text not null);
create table audit_logs (
  id uuid primary key, chain uuid not null, seq bigint not null, org_id uuid,
  at bigint not null, actor_kind text not null, actor_id text not null, actor_name text not null, address text,
  action text not null, target_kind text not null, target_id text, result text not null, details text not null,
  previous_hash text not null, hash text not null);
create unique index audit_logs_chain on audit_logs (chain, seq);
create index audit_logs_at on audit_logs (org_id, id);
