-- State that is cleared leaves no row behind: a session or a sign-in link that is over is never asked for again.
insert into OrleansQuery (QueryKey, QueryText) values
('DeleteStorageKey',
 'delete from orleans_grains
  where service_id = @ServiceId and state_name = @GrainTypeString and key_n0 = @GrainIdN0 and key_n1 = @GrainIdN1
    and key_text = coalesce(@GrainIdExtensionString, '''') and version = @GrainStateVersion;
  select case when changes() > 0 then @GrainStateVersion + 1 end as NewGrainStateVersion');
