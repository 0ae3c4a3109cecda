using Breeze.Agent.Hosting;

return await AgentCommands.Invoke(args);
