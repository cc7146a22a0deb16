using System.CommandLine;
using Spectre.Console;
using ZoneTierFS.Cli.Configuration;
using ZoneTierFS.Cli.Json;

namespace ZoneTierFS.Cli.Commands;

/// <summary>`ztfs config validate FILE`.</summary>
internal sealed class ConfigCommand : Command
{
    public ConfigCommand(CommandHost host) : base("config", "Works on configuration files.") => Subcommands.Add(new Validate(host));

    private sealed class Validate : ZtfsCommand
    {
        private readonly Argument<string> _file = new("FILE") { Description = "The configuration file." };

        public Validate(CommandHost host) : base(host, "validate", "Says everything that is wrong with a configuration, and touches nothing.") =>
            Arguments.Add(_file);

        protected override Task<ExitCode> RunAsync(ParseResult parse, CancellationToken ct)
        {
            var configuration = ConfigurationLoader.Load(parse.GetRequiredValue(_file), Host.Variables, []);
            var report = new ConfigurationReport(configuration.File, true, [.. configuration.Tiers.Select(TierReport.Of)]);
            Print(parse, report, CliJson.Readable.ConfigurationReport, valid => new Text($"{valid.File} is valid.\n"));
            return Task.FromResult(ExitCode.Fine);
        }
    }
}
