-- Where a chain of the audit log begins since its old lines were deleted: the last line that is gone. None: at its first line.
create table audit_anchors (chain uuid primary key, seq bigint not null, hash text not null, cut_at bigint not null);

-- Runs whose deployment is gone already, and whose rows are deleted in steps.
create table deployment_remains (deployment_id uuid primary key, forgotten_at bigint not null);
create index deployments_ended on deployments (completed_at) where completed_at is not null;

-- Commands without a gate are forgotten by their age; those of a gate go with whoever owns it.
create index device_commands_ended on device_commands (ended_at) where gate_id is null and ended_at is not null;

-- When a payload was last given to a new command, to a day. Silos of before this script leave the default: it is never old.
alter table command_payloads add column used_at bigint not null default 9223372036854775807;
update command_payloads set used_at = coalesce((select max(c.created_at) from device_commands c), 0);
create index command_payloads_used on command_payloads (used_at);

create index policy_occurrences_ended on policy_occurrences (due_at) where state <> 1;
create index compliance_reports_created on compliance_reports (created_at) where status in (3, 4);
