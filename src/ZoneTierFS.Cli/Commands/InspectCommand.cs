using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Spectre.Console;
using Spectre.Console.Rendering;
using ZoneTierFS.Cli.Configuration;
using ZoneTierFS.Cli.Json;
using ZoneTierFS.Cli.Storage;
using ZoneTierFS.Devices;
using ZoneTierFS.Engine;

namespace ZoneTierFS.Cli.Commands;

/// <summary>`ztfs inspect`: shows what the devices say of themselves, or any structure on them; writes nothing.</summary>
internal sealed class InspectCommand : ZtfsCommand
{
    private readonly ConfigurationOptions _configuration;
    private readonly Argument<string[]> _what = new("WHAT")
    {
        Arity = new ArgumentArity(0, 3),
        Description = $"Which structure; without: devices, newest superblocks and zones. One of {InspectTarget.Grammar}.",
    };

    public InspectCommand(CommandHost host)
        : base(host, "inspect", "Shows the structures of a volume that is not mounted, also of one that cannot be opened; changes nothing. Metadata is that "
            + "of the newest checkpoint; the journal shows what changed since.")
    {
        _configuration = new ConfigurationOptions(this);
        Arguments.Add(_what);
    }

    protected override async Task<ExitCode> RunAsync(ParseResult parse, CancellationToken ct)
    {
        var words = parse.GetValue(_what) ?? [];
        var configuration = _configuration.Load(parse, Host);
        var target = words.Length == 0 ? null : InspectTarget.Parse(words, configuration);
        var devices = await TierImages.OpenAsync(configuration, readOnly: true, NullLogger.Instance);
        try
        {
            if (target is not null)
            {
                Print(parse, await target(new VolumeInspector(devices), ct), CliJson.Readable.Inspection, InspectionText.Describe);
                return ExitCode.Fine;
            }
            var reports = new List<InspectReport>();
            foreach (var (tier, device) in configuration.Tiers.Zip(devices))
                reports.Add(await InspectAsync(tier, (RegionZonedDevice)device.Device, ct));
            Print(parse, reports, CliJson.Readable.IReadOnlyListInspectReport, all => new Rows(all.Select(Describe)));
            return ExitCode.Fine;
        }
        finally
        {
            await TierImages.CloseAsync(devices);
        }
    }

    private static async Task<InspectReport> InspectAsync(TierSettings tier, RegionZonedDevice device, CancellationToken ct)
    {
        var zones = await device.ReportZonesAsync(ct);
        var superblock = await Volume.DescribeAsync(device, ct);
        return new InspectReport(tier.Name, tier.Path, device.Uuid, device.Geometry, superblock, [.. zones.Select(ZoneLine.Of)]);
    }

    private static Rows Describe(InspectReport report)
    {
        var geometry = report.Geometry;
        var (size, capacity) = (SettingNumber.FormatBytes(geometry.ZoneSize), SettingNumber.FormatBytes(geometry.ZoneCapacity));
        var shape = $"{report.Tier}: {geometry.ZoneCount} zones of {size} ({capacity} writable), {geometry.Media.ToString().ToLowerInvariant()}";
        var volume = report.Superblock is { } found
            ? $"volume {found.Uuid}, format {found.FormatVersion}, device {found.DeviceIndex + 1} of {found.DeviceCount}, generation {found.Generation}"
            : "no volume";
        var empty = report.Zones.Count(zone => zone.Condition == nameof(ZoneCondition.Empty));
        return new Rows(
            new Text($"{shape}\n  {report.Path}, image {report.ImageUuid}\n  {volume}\n  {empty} zones are empty, the others are:"),
            Table(report.Zones.Where(zone => zone.Condition != nameof(ZoneCondition.Empty))));
    }

    private static Table Table(IEnumerable<ZoneLine> zones)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumns("Zone", "Condition", "Write pointer", "Capacity", "Epoch");
        foreach (var zone in zones)
        {
            table.AddRow(
                new Text(zone.Zone.ToString(CultureInfo.InvariantCulture)),
                new Text(zone.Condition),
                new Text(SettingNumber.FormatBytes(zone.WritePointer)),
                new Text(SettingNumber.FormatBytes(zone.Capacity)),
                new Text(zone.Epoch.ToString(CultureInfo.InvariantCulture)));
        }
        return table;
    }
}
