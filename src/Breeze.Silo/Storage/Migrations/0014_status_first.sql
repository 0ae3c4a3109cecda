-- A deployment is new to the planner's statistics while it runs, so the planner takes each index on it for as good as the primary key. The one
-- by status began with the same columns: it was taken to look records up by their places, and walked all of the deployment for each.
drop index deployment_devices_status;
create index deployment_devices_status on deployment_devices (status, deployment_id, run, ordinal);
