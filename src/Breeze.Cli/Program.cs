using Breeze.Cli;
using Breeze.Cli.Terminal;

return await CommandLine.Run(args, Shell.OfProcess());
