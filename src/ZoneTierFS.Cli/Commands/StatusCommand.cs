using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using ZoneTierFS.Cli.Client;
using ZoneTierFS.Cli.Configuration;
using ZoneTierFS.Cli.Json;
using ZoneTierFS.Engine;

namespace ZoneTierFS.Cli.Commands;

/// <summary>`ztfs status`.</summary>
internal sealed class StatusCommand : ZtfsCommand
{
    private readonly Argument<string> _mountPoint = new("MOUNTPOINT") { Description = "The root directory of a mount." };

    public StatusCommand(CommandHost host) : base(host, "status", "Shows a mount: its tiers, its traffic, its health.") => Arguments.Add(_mountPoint);

    protected override Task<ExitCode> RunAsync(ParseResult parse, CancellationToken ct)
    {
        var status = new ControlFile(parse.GetRequiredValue(_mountPoint)).Status();
        Print(parse, status, CliJson.Readable.MountStatus, Describe);
        return Task.FromResult(status.Volume.Failure is null ? ExitCode.Fine : ExitCode.Failed);
    }

    private static Rows Describe(MountStatus status)
    {
        var volume = status.Volume;
        var health = volume.Failure is { } failure ? $"accepts no more writes: {failure}" : "healthy";
        var facts = new Grid().AddColumns(2);
        AddRow(facts, "written by users", SettingNumber.FormatBytes(volume.UserBytesWritten));
        AddRow(facts, "read by users", SettingNumber.FormatBytes(volume.UserBytesRead));
        AddRow(facts, "promoted", SettingNumber.FormatBytes(volume.PromotedBytes));
        AddRow(facts, "demoted", SettingNumber.FormatBytes(volume.DemotedBytes));
        AddRow(facts, "cleaned", SettingNumber.FormatBytes(volume.CleanedBytes));
        AddRow(facts, "healed", SettingNumber.FormatBytes(volume.HealedBytes));
        AddRow(facts, "last scrub", volume.Scrub.Finished is { } time ? time.ToString("u", CultureInfo.InvariantCulture) : "never");
        AddRow(facts, "damaged files", Number(volume.DamagedFiles));
        AddRow(facts, "waiting in memory", SettingNumber.FormatBytes(volume.DirtyBytes));
        AddRow(facts, "journal since the checkpoint", SettingNumber.FormatBytes(volume.JournalBytes));
        AddRow(facts, "commits, checkpoints", string.Create(CultureInfo.InvariantCulture, $"{volume.Commits}, {volume.Checkpoints}"));
        AddRow(facts, "replayed when mounted", string.Create(CultureInfo.InvariantCulture, $"{volume.ReplayedTransactions} transactions"));
        AddRow(facts, "daemon's memory", SettingNumber.FormatBytes(status.Process.ResidentBytes));
        var head = $"{status.Name} on {status.Mountpoint}: {health}\n  volume {volume.Uuid}, daemon {status.Pid}, configuration {status.Configuration}";
        return new Rows([new Text(head), .. Troubles(volume).Select(line => new Text("  " + line)), Tiers(volume.Tiers), Written(volume), facts]);
    }

    /// <summary>What ails the media, and the first of what is lost.</summary>
    private static IEnumerable<string> Troubles(VolumeStatus volume)
    {
        foreach (var tier in volume.Tiers)
        {
            if (tier.Lost)
                yield return $"the device of tier {tier.Name} answers no more";
            else if (tier.ReadOnlyZones + tier.OfflineZones > 0)
                yield return $"tier {tier.Name}: {Number(tier.ReadOnlyZones)} zones read-only, {Number(tier.OfflineZones)} offline";
        }
        foreach (var range in volume.Damage)
            yield return string.Create(CultureInfo.InvariantCulture, $"lost: {range.Path}, bytes {range.From} to {range.To}: {range.Problem}");
    }

    private static Table Tiers(IEnumerable<TierStatus> tiers)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumns("Tier", "Media", "Capacity", "Live", "Promoted", "Zones", "Free", "Open", "Full", "Resets");
        foreach (var tier in tiers)
        {
            long[] bytes = [tier.CapacityBytes, tier.LiveBytes, tier.PromotedBytes];
            long[] counts = [tier.Zones, tier.FreeZones, tier.OpenZones, tier.FullZones, (long)tier.ZoneResets];
            string[] cells = [tier.Name, tier.Media.ToLowerInvariant(), .. bytes.Select(value => SettingNumber.FormatBytes(value)), .. counts.Select(Number)];
            table.AddRow(cells.Select(cell => new Text(cell)));
        }
        return table;
    }

    private static Table Written(VolumeStatus volume)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumns("Written", "Users", "Cleaning", "Moving", "Metadata", "Padding", "Total", "Amplification");
        foreach (var tier in volume.Tiers) AddWritten(table, tier.Name, tier.Written);
        if (volume.Tiers.Count > 1) AddWritten(table, "all", volume.Written);
        return table;
    }

    private static void AddWritten(Table table, string name, WrittenBytes written)
    {
        long[] bytes = [written.User, written.Cleaning, written.Moving, written.Metadata, written.Padding, written.Total];
        string[] cells =
        [
            name, .. bytes.Select(value => SettingNumber.FormatBytes(value)), written.Amplification?.ToString("0.000", CultureInfo.InvariantCulture) ?? "-",
        ];
        table.AddRow(cells.Select(cell => new Text(cell)));
    }

    private static void AddRow(Grid grid, string name, string value) => grid.AddRow(new Text("  " + name), new Text(value));

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
