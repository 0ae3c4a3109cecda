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

-- chain is the organization's id, the partner's for what concerns a partner alone, the nil GUID for the installation; org_id is set
-- for an organization's lines.
create table audit_heads (chain uuid primary key, seq bigint not null, hash text not null);
create table audit_logs (
  id uuid primary key, chain uuid not null, seq bigint not null, org_id uuid,
  at bigint not null, actor_kind text not null, actor_id text not null, actor_name text not null, address text,
  action text not null, target_kind text not null, target_id text, result text not null, details text not null,
  previous_hash text not null, hash text not null);
create unique index audit_logs_chain on audit_logs (chain, seq);
create index audit_logs_at on audit_logs (at, seq, id);
create index audit_logs_chain_at on audit_logs (chain, at, seq, id);

-- id: SHA-256 of caller, method, path and key. status is null while the first request is in flight.
create table idempotent_answers (
  id text primary key, request_hash text not null, at bigint not null, has_effect smallint not null default 0,
  status int, content_type text, location text, etag text, body text);
create index idempotent_answers_at on idempotent_answers (at);

-- One row once the admin key and the first partner were made; its insert decides which silo makes them.
create table first_start (id smallint primary key, at bigint not null);
