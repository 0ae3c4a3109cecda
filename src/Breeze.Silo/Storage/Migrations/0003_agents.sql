-- A silo that serves agents renews one row; a device is online while its silo's lease is alive (presence is never a write a device).
-- home: host and data directory, so that a restarted silo can tell which earlier leases were its own.
create table silo_leases (
  silo_id text primary key, home text not null, lease_until bigint not null, started_at bigint not null, ended_at bigint,
  version text);

-- A gate stands before sending. open = commands may become sent. withdrawn = what was sent and not accepted is void, for ever.
create table command_gates (
  id uuid primary key, open smallint not null, withdrawn smallint not null default 0, epoch bigint not null default 1);

-- Payloads by the first 128 bits of their SHA-256: a rollout to a million devices stores its script once.
create table command_payloads (id uuid primary key, body text not null);

-- state: 1 queued, 2 sent, 3 accepted, 4 done, 5 withdrawn. A terminal state is never left. Commands of a withdrawn gate that are queued
-- or sent count as withdrawn before their row says so.
-- outcome (of done): 1 completed, 2 failed, 3 rejected, 4 interrupted, 5 timed out (given up by its origin).
-- late: a result came after the command was given up or withdrawn; it is kept and changes nothing else.
create table device_commands (
  id uuid primary key, device_id uuid not null, org_id uuid not null, type text not null, payload_id uuid not null,
  attempt int not null, state smallint not null,
  gate_id uuid, bypasses_gate smallint not null default 0, origin text,
  created_at bigint not null, sent_at bigint, accepted_at bigint, ended_at bigint, resend_at bigint,
  outcome smallint, exit_code int, output text, error text, duration_ms bigint, data text, late smallint not null default 0);
create index device_commands_waiting on device_commands (device_id) where state in (1, 2, 3);
create index device_commands_gate on device_commands (gate_id) where state in (1, 2);
create index device_commands_resend on device_commands (resend_at) where state in (1, 2);
create index device_commands_device on device_commands (device_id, id);
