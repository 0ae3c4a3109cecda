-- The ids of the keys that sign commands, oldest first from 1; the keys themselves are in agents.commandKeyFile alone. A silo whose file
-- does not hold the newest does not start: agents would refuse what it signs.
create table command_keys (position int primary key, id text not null, registered_at bigint not null);
