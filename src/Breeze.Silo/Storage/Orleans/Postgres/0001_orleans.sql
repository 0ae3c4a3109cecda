-- Orleans' own tables. The provider asks for QueryKey, QueryText by these names; everything else is ours.
create table orleansquery (querykey text primary key, querytext text not null);

-- One row a state. Its key is unique, so that of two first writers the second gets a version conflict instead of a second row.
create table orleans_grains (
  service_id text not null, state_name text not null, key_n0 bigint not null, key_n1 bigint not null, key_text text not null,
  payload bytea, version int not null,
  primary key (service_id, state_name, key_n0, key_n1, key_text));

create table orleans_reminders (
  service_id text not null, grain_id text not null, name text not null,
  starts_at timestamptz not null, period_ms bigint not null, grain_hash int not null, version int not null,
  primary key (service_id, grain_id, name));
create index orleans_reminders_hash on orleans_reminders (service_id, grain_hash);

create table orleans_clusters (cluster_id text primary key, version int not null);
create table orleans_silos (
  cluster_id text not null, address text not null, port int not null, generation int not null,
  name text not null, host_name text not null, status int not null, proxy_port int not null, suspect_times text,
  started_at timestamptz not null, alive_at timestamptz not null,
  primary key (cluster_id, address, port, generation));

insert into orleansquery (querykey, querytext) values
('ReadFromStorageKey',
 'select payload as PayloadBinary, version as Version from orleans_grains
  where service_id = @ServiceId and state_name = @GrainTypeString and key_n0 = @GrainIdN0 and key_n1 = @GrainIdN1
    and key_text = coalesce(@GrainIdExtensionString::text, '''')'),
-- A version answered as null is the conflict; no row at all would pass for success.
('WriteToStorageKey',
 'with changed as (
    update orleans_grains set payload = @PayloadBinary, version = version + 1
    where service_id = @ServiceId and state_name = @GrainTypeString and key_n0 = @GrainIdN0 and key_n1 = @GrainIdN1
      and key_text = coalesce(@GrainIdExtensionString::text, '''') and version = @GrainStateVersion::int
    returning version),
  added as (
    insert into orleans_grains (service_id, state_name, key_n0, key_n1, key_text, payload, version)
    select @ServiceId, @GrainTypeString, @GrainIdN0, @GrainIdN1, coalesce(@GrainIdExtensionString::text, ''''), @PayloadBinary, 1
    where @GrainStateVersion::int is null
    on conflict do nothing
    returning version)
  select (select version from changed union all select version from added) as NewGrainStateVersion'),
('ClearStorageKey',
 'with changed as (
    update orleans_grains set payload = null, version = version + 1
    where service_id = @ServiceId and state_name = @GrainTypeString and key_n0 = @GrainIdN0 and key_n1 = @GrainIdN1
      and key_text = coalesce(@GrainIdExtensionString::text, '''') and version = @GrainStateVersion::int
    returning version)
  select (select version from changed) as NewGrainStateVersion'),
('UpsertReminderRowKey',
 'insert into orleans_reminders as r (service_id, grain_id, name, starts_at, period_ms, grain_hash, version)
  values (@ServiceId, @GrainId, @ReminderName, @StartTime, @Period, @GrainHash, 0)
  on conflict (service_id, grain_id, name) do update set starts_at = excluded.starts_at, period_ms = excluded.period_ms,
    grain_hash = excluded.grain_hash, version = r.version + 1
  returning version as Version'),
('ReadReminderRowKey',
 'select grain_id as GrainId, name as ReminderName, starts_at as StartTime, period_ms as Period, version as Version
  from orleans_reminders where service_id = @ServiceId and grain_id = @GrainId and name = @ReminderName'),
('ReadReminderRowsKey',
 'select grain_id as GrainId, name as ReminderName, starts_at as StartTime, period_ms as Period, version as Version
  from orleans_reminders where service_id = @ServiceId and grain_id = @GrainId'),
('ReadRangeRows1Key',
 'select grain_id as GrainId, name as ReminderName, starts_at as StartTime, period_ms as Period, version as Version
  from orleans_reminders where service_id = @ServiceId and grain_hash > @BeginHash and grain_hash <= @EndHash'),
-- The ring's piece that passes its end: above the begin or up to the end.
('ReadRangeRows2Key',
 'select grain_id as GrainId, name as ReminderName, starts_at as StartTime, period_ms as Period, version as Version
  from orleans_reminders where service_id = @ServiceId and (grain_hash > @BeginHash or grain_hash <= @EndHash)'),
('DeleteReminderRowKey',
 'with gone as (
    delete from orleans_reminders where service_id = @ServiceId and grain_id = @GrainId and name = @ReminderName and version = @Version
    returning 1)
  select count(*) > 0 from gone'),
('DeleteReminderRowsKey', 'delete from orleans_reminders where service_id = @ServiceId'),
-- Membership: every change of a silo's row raises its cluster's version by one, or is refused.
('InsertMembershipVersionKey',
 'with added as (
    insert into orleans_clusters (cluster_id, version) values (@DeploymentId, 0) on conflict do nothing returning 1)
  select count(*) > 0 from added'),
('MembershipReadAllKey',
 'select s.address as Address, s.port as Port, s.generation as Generation, s.name as SiloName, s.host_name as HostName,
    s.status as Status, s.proxy_port as ProxyPort, s.suspect_times as SuspectTimes, s.started_at as StartTime, s.alive_at as IAmAliveTime,
    c.version as Version
  from orleans_clusters c left join orleans_silos s on s.cluster_id = c.cluster_id where c.cluster_id = @DeploymentId'),
('MembershipReadRowKey',
 'select s.address as Address, s.port as Port, s.generation as Generation, s.name as SiloName, s.host_name as HostName,
    s.status as Status, s.proxy_port as ProxyPort, s.suspect_times as SuspectTimes, s.started_at as StartTime, s.alive_at as IAmAliveTime,
    c.version as Version
  from orleans_clusters c
  left join orleans_silos s on s.cluster_id = c.cluster_id
    and s.address = @Address and s.port = @Port and s.generation = @Generation
  where c.cluster_id = @DeploymentId'),
('InsertMembershipKey',
 'with raised as (
    update orleans_clusters set version = version + 1
    where cluster_id = @DeploymentId and version = @Version
      and not exists (select 1 from orleans_silos where cluster_id = @DeploymentId
        and address = @Address and port = @Port and generation = @Generation)
    returning 1),
  added as (
    insert into orleans_silos
      (cluster_id, address, port, generation, name, host_name, status, proxy_port, started_at, alive_at)
    select @DeploymentId, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime from raised
    returning 1)
  select count(*) > 0 from added'),
('UpdateMembershipKey',
 'with raised as (
    update orleans_clusters set version = version + 1 where cluster_id = @DeploymentId and version = @Version returning 1),
  changed as (
    update orleans_silos set status = @Status, suspect_times = @SuspectTimes::text, alive_at = @IAmAliveTime
    where cluster_id = @DeploymentId and address = @Address and port = @Port and generation = @Generation
      and exists (select 1 from raised)
    returning 1)
  select count(*) > 0 from changed'),
('UpdateIAmAlivetimeKey',
 'update orleans_silos set alive_at = @IAmAliveTime
  where cluster_id = @DeploymentId and address = @Address and port = @Port and generation = @Generation'),
('GatewaysQueryKey',
 'select address as Address, proxy_port as ProxyPort, generation as Generation from orleans_silos
  where cluster_id = @DeploymentId and status = @Status and proxy_port > 0'),
('DeleteMembershipTableEntriesKey',
 'with silos as (delete from orleans_silos where cluster_id = @DeploymentId)
  delete from orleans_clusters where cluster_id = @DeploymentId'),
-- 6 is Dead.
('CleanupDefunctSiloEntriesKey',
 'delete from orleans_silos where cluster_id = @DeploymentId and alive_at < @IAmAliveTime and status = 6'),
('CleanupDefunctSiloEntryKey',
 'delete from orleans_silos
  where cluster_id = @DeploymentId and address = @Address and port = @Port and generation = @Generation and status = 6
    and started_at = @StartTime and alive_at = @IAmAliveTime and suspect_times is not distinct from @SuspectTimes::text');
