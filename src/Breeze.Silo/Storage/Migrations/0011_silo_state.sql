-- Since when a silo lets nobody in because it stops; and the newest schema script that it knows.
alter table silo_leases add column draining_since bigint;
alter table silo_leases add column schema_version text;
