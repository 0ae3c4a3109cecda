-- Orleans' own tables, in a file of their own so that they never wait for the product's writer.
-- The provider asks for QueryKey, QueryText by these names; everything else is ours. Parameter names are case-sensitive here.
create table OrleansQuery (QueryKey text primary key, QueryText text not null);

-- One row a state. Its key is unique, so that of two first writers the second gets a version conflict instead of a second row.
create table orleans_grains (
  service_id text not null, state_name text not null, key_n0 bigint not null, key_n1 bigint not null, key_text text not null,
  payload blob, version int not null,
  primary key (service_id, state_name, key_n0, key_n1, key_text)) without rowid;

create table orleans_reminders (
  service_id text not null, grain_id text not null, name text not null,
  starts_at text not null, period_ms bigint not null, grain_hash int not null, version int not null,
  primary key (service_id, grain_id, name)) without rowid;
create index orleans_reminders_hash on orleans_reminders (service_id, grain_hash);

insert into OrleansQuery (QueryKey, QueryText) values
('ReadFromStorageKey',
 'select payload as PayloadBinary, version as Version from orleans_grains
  where service_id = @ServiceId and state_name = @GrainTypeString and key_n0 = @GrainIdN0 and key_n1 = @GrainIdN1
    and key_text = coalesce(@GrainIdExtensionString, '''')'),
-- A version answered as null is the conflict; no row at all would pass for success.
('WriteToStorageKey',
 'insert into orleans_grains (service_id, state_name, key_n0, key_n1, key_text, payload, version)
  values (@ServiceId, @GrainTypeString, @GrainIdN0, @GrainIdN1, coalesce(@GrainIdExtensionString, ''''),
    @PayloadBinary, coalesce(@GrainStateVersion, 0) + 1)
  on conflict do update set payload = excluded.payload, version = version + 1 where version = @GrainStateVersion;
  select case when changes() > 0 then coalesce(@GrainStateVersion, 0) + 1 end as NewGrainStateVersion'),
('ClearStorageKey',
 'update orleans_grains set payload = null, version = version + 1
  where service_id = @ServiceId and state_name = @GrainTypeString and key_n0 = @GrainIdN0 and key_n1 = @GrainIdN1
    and key_text = coalesce(@GrainIdExtensionString, '''') and version = @GrainStateVersion;
  select case when changes() > 0 then @GrainStateVersion + 1 end as NewGrainStateVersion'),
('UpsertReminderRowKey',
 'insert into orleans_reminders (service_id, grain_id, name, starts_at, period_ms, grain_hash, version)
  values (@ServiceId, @GrainId, @ReminderName, @StartTime, @Period, @GrainHash, 0)
  on conflict do update set starts_at = excluded.starts_at, period_ms = excluded.period_ms, grain_hash = excluded.grain_hash,
    version = version + 1
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
 'delete from orleans_reminders where service_id = @ServiceId and grain_id = @GrainId and name = @ReminderName and version = @Version;
  select changes() > 0 as Deleted'),
('DeleteReminderRowsKey', 'delete from orleans_reminders where service_id = @ServiceId');
