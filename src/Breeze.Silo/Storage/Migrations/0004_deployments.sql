-- stage: 1 draft, 2 pending, 3 active, 4 paused, 5 completed, 6 failed, 7 cancelled, 8 rollback.
-- run: 1 the rollout, 2 its rollback. gate_id: the command gate of the current run.
-- version checks each save; revision, the ETag, counts only changes of configuration and lifecycle, not a rollout's own steps.
-- closed_reason: null, or the skip reason that every record of the current run without an accepted command has from that commit on;
-- its rows follow in steps, and swept = 1 once they have. Readers use the reason until then (see Deployments/README.md).
-- command_payload, rollback_payload: the scripts as they were at initialize. plan columns are arithmetic (Core BatchPlan).
create table deployments (
  id uuid primary key, org_id uuid not null references organizations (id), name text not null, type text not null,
  payload text not null, target_config text not null, rollout_config text not null,
  stage smallint not null, paused_reason text, paused_by_limit_at bigint,
  created_by text not null, created_at bigint not null, started_at bigint, completed_at bigint, resumed_at bigint,
  run smallint not null default 1, gate_id uuid, command_payload text, rollback_payload text, attempt_timeout_ms bigint not null default 0,
  total int not null default 0, batch_size int not null default 0, shard_size int not null default 0, total_batches int not null default 0,
  current_batch int not null default 0, batch_dispatched_at bigint, next_batch_at bigint,
  closed_reason smallint, swept smallint not null default 1,
  version bigint not null default 1, revision bigint not null default 1);
create index deployments_org on deployments (org_id, id);
create index deployments_stage on deployments (stage, id);
create index deployments_unswept on deployments (id) where swept = 0;

-- What the first run came to, once a rollback has taken its place on the deployment's row.
create table deployment_runs (
  deployment_id uuid not null, run smallint not null, total int not null, batch_size int not null, shard_size int not null,
  total_batches int not null, current_batch int not null, gate_id uuid not null, primary key (deployment_id, run));

-- ordinal: 0-based place in the order of hostname, id; batch and shard are arithmetic on it.
-- status: 1 pending, 2 running, 3 completed, 4 failed, 5 skipped. attempt: attempts sent so far.
create table deployment_devices (
  deployment_id uuid not null, run smallint not null, ordinal int not null, id uuid not null, device_id uuid not null,
  hostname text not null, display_name text, status smallint not null, attempt int not null default 0,
  command_id uuid, next_attempt_at bigint, timeout_at bigint, started_at bigint, completed_at bigint,
  failure_kind smallint, failure_key text, exit_code int, skip_reason smallint, last_word smallint not null default 0,
  version bigint not null default 1,
  primary key (deployment_id, run, ordinal));
create unique index deployment_devices_device on deployment_devices (device_id, deployment_id, run);
create index deployment_devices_status on deployment_devices (deployment_id, run, status, ordinal);

-- One row a shard, changed in the transaction that changes the rows it counts. pending includes retrying; running includes accepted;
-- accepted_failures are those of failed that an operator's resume accepted.
create table deployment_counts (
  deployment_id uuid not null, run smallint not null, shard int not null, batch int not null,
  first_ordinal int not null, device_count int not null,
  pending int not null, retrying int not null default 0, running int not null default 0, accepted int not null default 0,
  completed int not null default 0, failed int not null default 0, skipped int not null default 0, accepted_failures int not null default 0,
  primary key (deployment_id, run, shard));
create index deployment_counts_batch on deployment_counts (deployment_id, run, batch, shard);
