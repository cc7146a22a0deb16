using System.Globalization;
using Spectre.Console;
using ZoneTierFS.Cli.Configuration;
using ZoneTierFS.Cli.Json;

namespace ZoneTierFS.Cli.Commands;

/// <summary>A file's place as people read it.</summary>
internal static class FileReportText
{
    private const int ExtentsMax = 20;

    public static Rows InFull(FileReport report)
    {
        var grid = new Grid().AddColumns(2);
        AddRow(grid, "class", $"{report.Class} ({report.ClassReason})");
        AddRow(grid, "tier", $"{report.Tier}, home is {report.HomeTier}{(report.Pin is { } pin ? $", pinned to {pin}" : "")}");
        foreach (var (tier, bytes) in report.BytesByTier.Where(tier => tier.Value > 0))
            AddRow(grid, $"  on {tier}", SettingNumber.FormatBytes(bytes));
        AddRow(grid, "promoted", SettingNumber.FormatBytes(report.PromotedBytes));
        AddRow(grid, "in memory", SettingNumber.FormatBytes(report.DirtyBytes));
        AddRow(grid, "sealed", report.Sealed ? "yes" : "no");
        AddRow(grid, "heat", $"{SettingNumber.FormatBytes(report.HeatShort)}/s lately, {SettingNumber.FormatBytes(report.HeatLong)}/s over half an hour");
        AddRow(grid, "the mover", report.NextMove);
        return new Rows(new Text($"{report.Path}: {SettingNumber.FormatBytes(report.Size)}, inode {report.Inode}"), grid, Extents(report.Extents));
    }

    /// <summary>One line: path, class, tier, pin.</summary>
    public static string InShort(FileReport report) => $"{report.Path}: {report.Class}, {report.Tier}{(report.Pin is { } pin ? $", pinned to {pin}" : "")}\n";

    private static Table Extents(IReadOnlyList<ExtentReport> extents)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumns("File offset", "Length", "Tier", "Zone", "Zone offset", "");
        foreach (var extent in extents.Take(ExtentsMax).Where(extent => extent.Truncated is null))
        {
            var what = extent.Promoted == true ? "clean copy" : "";
            string[] cells = [Number(extent.FileOffset), Number(extent.Length), extent.Tier ?? "", Number(extent.Zone), Number(extent.ZoneOffset), what];
            table.AddRow(cells.Select(cell => new Text(cell)));
        }
        if (extents.Count > ExtentsMax)
            table.AddRow(new Text("…and more, see the attribute user.ztfs.extents"));
        return table;
    }

    private static void AddRow(Grid grid, string name, string value) => grid.AddRow(new Text("  " + name), new Text(value));

    private static string Number(long? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "";
}
