using ZoneTierFS.Cli.Commands;

return (int)await CommandLine.RunAsync(args, CommandHost.OfProcess());
