using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using ZoneTierFS.Cli.Configuration;
using ZoneTierFS.Cli.Json;
using ZoneTierFS.Cli.Storage;
using ZoneTierFS.Engine;

namespace ZoneTierFS.Cli.Commands;

/// <summary>`ztfs check`: reads everything, writes nothing, unless it is asked to repair and told to go on.</summary>
internal sealed class CheckCommand : ZtfsCommand
{
    private static readonly VolumeEnvironment s_environment = new(TimeProvider.System, NullLogger.Instance);

    private readonly ConfigurationOptions _configuration;
    private readonly Option<bool> _repair = new("--repair") { Description = "Say what can be mended and what is lost by it, ask, and do it." };
    private readonly Option<bool> _yes = new("--yes", "-y") { Description = "With --repair: do not ask." };

    public CheckCommand(CommandHost host)
        : base(host, "check", "Reads a volume that is not mounted: whether its metadata agrees, and every checksum. Changes nothing unless it repairs. "
            + "Exit code 3: damage.")
    {
        _configuration = new ConfigurationOptions(this);
        Options.Add(_repair);
        Options.Add(_yes);
    }

    protected override async Task<ExitCode> RunAsync(ParseResult parse, CancellationToken ct)
    {
        var configuration = _configuration.Load(parse, Host);
        if (parse.GetValue(_repair)) return await RepairAsync(parse, configuration, ct);
        var report = await CheckAsync(parse, configuration, ct);
        Print(parse, report, CliJson.Readable.CheckReport, Describe);
        return report.Findings.Count == 0 ? ExitCode.Fine : ExitCode.Damage;
    }

    private async Task<CheckReport> CheckAsync(ParseResult parse, VolumeConfiguration configuration, CancellationToken ct)
    {
        var devices = await TierImages.OpenAsync(configuration, readOnly: true, NullLogger.Instance);
        return await WithProgressAsync(
            parse, "checking", progress => Volume.CheckDevicesAsync(devices, configuration.Volume, s_environment, progress, ct));
    }

    private async Task<ExitCode> RepairAsync(ParseResult parse, VolumeConfiguration configuration, CancellationToken ct)
    {
        var isJson = parse.GetValue<bool>(JsonOption);
        RepairReport report;
        var devices = await TierImages.OpenAsync(configuration, readOnly: false, NullLogger.Instance);
        var repair = await WithProgressAsync(
            parse, "checking", progress => VolumeRepair.PlanAsync(devices, configuration.Volume, s_environment, progress, ct));
        await using (repair)
        {
            report = new RepairReport(repair.Found, repair.Steps, repair.Remaining, null);
            if (!isJson) Host.Output.Write(DescribePlan(report));
            if (repair.Steps.Count > 0)
            {
                var isTold = parse.GetValue(_yes) || (!isJson && Host.CanAsk && Ask());
                if (!isTold) return Refuse(parse, report);
                await repair.RunAsync();
            }
        }
        var after = await CheckAsync(parse, configuration, ct);
        if (isJson) Print(parse, report with { After = after }, CliJson.Readable.RepairReport, DescribePlan);
        else Host.Output.Write(Describe(after));
        return after.Findings.Count == 0 ? ExitCode.Fine : ExitCode.Damage;
    }

    private bool Ask()
    {
        Host.Output.Write("Do all this? [y/N] ");
        return Host.Input?.ReadLine()?.Trim() is "y" or "Y" or "yes";
    }

    private ExitCode Refuse(ParseResult parse, RepairReport report)
    {
        if (parse.GetValue<bool>(JsonOption)) Print(parse, report, CliJson.Readable.RepairReport, DescribePlan);
        Host.Fail("nothing was changed: check --repair. Add --yes to do what is listed.", json: false);
        return ExitCode.Usage;
    }

    private static string Describe(CheckReport report)
    {
        var files = string.Create(CultureInfo.InvariantCulture, $"{report.FilesChecked} files, {SettingNumber.FormatBytes(report.BytesChecked)}");
        if (report.Findings.Count == 0) return $"No damage found: {files}.\n";
        var mend = report.Findings.Any(finding => finding.Repairable) ? "\n`ztfs check --repair` can mend what is marked with *.\n" : "\n";
        return $"Damage found: {files}.\n{string.Concat(report.Findings.Select(Line))}{mend}";
    }

    private static string Line(CheckFinding finding) => $"{(finding.Repairable ? "*" : " ")} {finding}\n";

    private static string DescribePlan(RepairReport report)
    {
        var steps = report.Steps.Select(step => step.Loss is { } loss ? $"  {step.Action}\n    Lost: {loss}\n" : $"  {step.Action}\n");
        var remaining = report.Remaining.Select(finding => $"  {finding}\n");
        return (report.Steps.Count == 0 ? "There is nothing that a repair can do.\n" : $"To be done:\n{string.Concat(steps)}")
            + (report.Remaining.Count == 0 ? "" : $"What stays as it is:\n{string.Concat(remaining)}");
    }
}
