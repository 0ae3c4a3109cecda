using Breeze.Fleet;

return await FleetCommand.Invoke(args);
