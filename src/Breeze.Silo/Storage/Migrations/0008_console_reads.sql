-- When each batch was opened: a row in the transaction that opens it.
create table deployment_batches (
  deployment_id uuid not null, run smallint not null, batch int not null, dispatched_at bigint not null,
  primary key (deployment_id, run, batch));
-- When the last of a shard's records reached its end; null while one has not.
alter table deployment_counts add column finished_at bigint;
-- How many devices an organization has, and its newest, without a look at their rows.
create index devices_in_service on devices (org_id, id) where decommissioned_at is null;
