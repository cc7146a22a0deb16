using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Spectre.Console;
using ZoneTierFS.Cli.Configuration;
using ZoneTierFS.Cli.Json;
using ZoneTierFS.Cli.Storage;
using ZoneTierFS.Engine;

namespace ZoneTierFS.Cli.Commands;

/// <summary>`ztfs check`: reads everything, writes nothing.</summary>
internal sealed class CheckCommand : ZtfsCommand
{
    private readonly ConfigurationOptions _configuration;

    public CheckCommand(CommandHost host)
        : base(host, "check", "Reads a volume that is not mounted and verifies every checksum; changes nothing. Exit code 3: damage.") =>
        _configuration = new ConfigurationOptions(this);

    protected override async Task<ExitCode> RunAsync(ParseResult parse, CancellationToken ct)
    {
        var configuration = _configuration.Load(parse, Host);
        var devices = await TierImages.OpenAsync(configuration, readOnly: true, NullLogger.Instance);
        var environment = new VolumeEnvironment(TimeProvider.System, NullLogger.Instance);
        await using var volume = await Volume.OpenAsync(devices, configuration.Volume with { ReadOnly = true }, environment, ct);
        var report = await WithProgressAsync(parse, "checking", progress => volume.CheckAsync(progress, ct));
        Print(parse, report, CliJson.Readable.CheckReport, Describe);
        return report.Damage.Count == 0 ? ExitCode.Fine : ExitCode.Damage;
    }

    private static Text Describe(CheckReport report)
    {
        var files = string.Create(CultureInfo.InvariantCulture, $"{report.FilesChecked} files, {SettingNumber.FormatBytes(report.BytesChecked)}");
        return report.Damage.Count == 0
            ? new Text($"No damage found: {files}.\n")
            : new Text($"Damage found: {files}.\n{string.Concat(report.Damage.Select(line => $"  {line}\n"))}");
    }
}
