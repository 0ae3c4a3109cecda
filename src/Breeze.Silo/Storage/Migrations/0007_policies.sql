-- What an organization decided about a patch. No row, and a deferral whose defer_until has passed, mean pending (Approvals/ApprovalSql).
-- status: 2 approved, 3 rejected, 4 deferred. announced = 0 until the end of a deferral was written to the audit log.
-- version grows by one with each decision; policy_id, assignment_id: set where a policy decided.
create table patch_approvals (
  org_id uuid not null references organizations (id), patch_id uuid not null, status smallint not null, defer_until bigint, note text,
  actor_kind text not null, actor_id text not null, actor_name text not null, policy_id uuid, assignment_id uuid,
  decided_at bigint not null, announced smallint not null default 1, version bigint not null,
  primary key (org_id, patch_id));
create index patch_approvals_newest on patch_approvals (org_id, decided_at, patch_id);
create index patch_approvals_patch on patch_approvals (patch_id);
create index patch_approvals_deferred on patch_approvals (defer_until) where announced = 0;

-- Every decision, automatic ones too. level, target_id: the reach of one that holds for an assignment's devices alone (null: for the
-- whole organization). approval_version: of the approval that it made, or that it found; a policy says the same thing of it once.
create table patch_decisions (
  id uuid primary key, org_id uuid not null, patch_id uuid not null, status smallint not null, defer_until bigint, note text,
  actor_kind text not null, actor_id text not null, actor_name text not null,
  policy_id uuid, assignment_id uuid, level smallint, target_id uuid, approval_version bigint not null, at bigint not null);
create index patch_decisions_patch on patch_decisions (patch_id, id);
create unique index patch_decisions_once on patch_decisions (org_id, patch_id, assignment_id, approval_version) where assignment_id is not null;

-- A policy belongs to an organization or to a partner: one of the two is set.
create table configuration_policies (
  id uuid primary key, org_id uuid references organizations (id), partner_id uuid references partners (id),
  name text not null, description text, created_by text not null, created_at bigint not null, updated_at bigint not null,
  version bigint not null default 1);
create index configuration_policies_org on configuration_policies (org_id, id);
create index configuration_policies_partner on configuration_policies (partner_id, id);

-- feature_type: patch.
create table policy_features (
  policy_id uuid not null references configuration_policies (id) on delete cascade, feature_type text not null, settings text not null,
  created_at bigint not null, updated_at bigint not null, primary key (policy_id, feature_type));

-- level: 1 partner, 2 organization, 3 site, 4 device group, 5 device. org_id: of every level but the partner's, whose target is partner_id.
-- site_id and group_id repeat the target, so that an assignment goes with it.
create table policy_assignments (
  id uuid primary key, policy_id uuid not null references configuration_policies (id) on delete cascade,
  level smallint not null, target_id uuid not null, org_id uuid references organizations (id), partner_id uuid references partners (id),
  site_id uuid references sites (id) on delete cascade, group_id uuid references device_groups (id) on delete cascade,
  priority int not null, created_at bigint not null);
create unique index policy_assignments_target on policy_assignments (level, target_id, policy_id);
create index policy_assignments_policy on policy_assignments (policy_id, id);
create index policy_assignments_org on policy_assignments (org_id, level);
create index policy_assignments_site on policy_assignments (site_id);
create index policy_assignments_group on policy_assignments (group_id);

-- One a local day, where a policy's schedule runs: due_at is the instant that the day's time falls on in that zone.
-- state: 1 waiting, 2 ran (job_id), 3 nobody to run for, 4 missed by more than a day.
create table policy_occurrences (
  policy_id uuid not null, org_id uuid not null, time_zone text not null, local_date text not null, due_at bigint not null,
  state smallint not null, job_id uuid, done_at bigint, primary key (policy_id, org_id, time_zone, local_date));
create index policy_occurrences_due on policy_occurrences (due_at) where state = 1;

-- Organizations whose pending patches are to be looked at by their policy: left by a change that concerns many, worked off one by one.
create table policy_reviews (org_id uuid primary key, asked_at bigint not null);
