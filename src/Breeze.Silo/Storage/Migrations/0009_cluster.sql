-- How many agents a silo held when it last renewed its lease: told without a look at a million devices.
alter table silo_leases add column agents int not null default 0;
