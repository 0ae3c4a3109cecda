-- State that is cleared leaves no row behind: a session or a sign-in link that is over is never asked for again.
insert into orleansquery (querykey, querytext) values
('DeleteStorageKey',
 'with gone as (
    delete from orleans_grains
    where service_id = @ServiceId and state_name = @GrainTypeString and key_n0 = @GrainIdN0 and key_n1 = @GrainIdN1
      and key_text = coalesce(@GrainIdExtensionString::text, '''') and version = @GrainStateVersion::int
    returning version + 1 as version)
  select (select version from gone) as NewGrainStateVersion');
