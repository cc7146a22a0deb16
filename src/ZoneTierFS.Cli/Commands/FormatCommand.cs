using System.CommandLine;
using Microsoft.Extensions.Logging.Abstractions;
using Spectre.Console;
using ZoneTierFS.Cli.Configuration;
using ZoneTierFS.Cli.Json;
using ZoneTierFS.Cli.Storage;

namespace ZoneTierFS.Cli.Commands;

/// <summary>`ztfs format`.</summary>
internal sealed class FormatCommand : ZtfsCommand
{
    private readonly ConfigurationOptions _configuration;
    private readonly Option<bool> _force = new("--force") { Description = "Destroy what the devices hold." };

    public FormatCommand(CommandHost host) : base(host, "format", "Makes the devices of a configuration and an empty volume on them.")
    {
        _configuration = new ConfigurationOptions(this);
        Options.Add(_force);
    }

    protected override async Task<ExitCode> RunAsync(ParseResult parse, CancellationToken ct)
    {
        var configuration = _configuration.Load(parse, Host);
        var formatter = new VolumeFormatter(configuration, NullLogger.Instance);
        var uuid = await WithProgressAsync(parse, "formatting", progress => formatter.FormatAsync(parse.GetValue(_force), progress, ct));
        var report = new FormatReport(uuid, [.. configuration.Tiers.Select(TierReport.Of)]);
        Print(parse, report, CliJson.Readable.FormatReport, Describe);
        return ExitCode.Fine;
    }

    private static Text Describe(FormatReport report)
    {
        var tiers = report.Tiers.Select(tier => $"  {tier.Name}: {SettingNumber.FormatBytes(tier.Size)} in {tier.Zones} zones, {tier.Path}\n");
        return new Text($"Formatted volume {report.Uuid}.\n{string.Concat(tiers)}");
    }
}
