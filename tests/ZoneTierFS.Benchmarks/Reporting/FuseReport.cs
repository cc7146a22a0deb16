using System.Globalization;
using Spectre.Console;

namespace ZoneTierFS.Benchmarks.Reporting;

/// <summary>Shows rows in which several file systems are measured against the plain one.</summary>
internal static class FuseReport
{
    private const string None = "-";

    /// <param name="peers">Names of the peers, a column for each.</param>
    public static void Show(string title, IReadOnlyList<BenchmarkRow> rows, IReadOnlyList<string> peers)
    {
        Table table = new Table().Title(title).Border(TableBorder.Rounded);
        foreach ((string heading, bool number) in (IEnumerable<(string, bool)>)[("what", false), ("ext4", true), ("range", true), ("unit", false),
            ("ztfs", true), ("range", true), ("ratio", true), .. peers.Select(peer => (peer, true)),
            ("target", true), ("met", false), ("ahead", false), ("CPU ext4", true), ("ztfs", true), ("unit", false), ("others", true)])
        {
            table.AddColumn(new TableColumn(heading) { NoWrap = true, Alignment = number ? Justify.Right : Justify.Left });
        }
        foreach (BenchmarkRow row in rows)
        {
            string[] cells =
            [
                row.Name, Number(row.Baseline), row.BaselineRange, row.Unit, Number(row.Value), row.Range, Ratio(row.Ratio),
                .. peers.Select(peer => Peer(row, peer)),
                row.TargetText,
            ];
            string[] ends = [Cpu(row, "ext4"), Cpu(row, "ztfs"), row.CpuUnit ?? "", row.OthersShare?.ToString("0 %", CultureInfo.InvariantCulture) ?? ""];
            table.AddRow([.. cells.Select(Markup.Escape), BenchmarkReport.YesOrNo(row.Met), BenchmarkReport.YesOrNo(row.Ahead), .. ends.Select(Markup.Escape)]);
        }
        BenchmarkReport.Write(table);
        foreach (string refusal in Refusals(rows))
            Console.WriteLine(refusal);
    }

    /// <summary>Why a peer has no figure in a row, a line for each.</summary>
    internal static IEnumerable<string> Refusals(IReadOnlyList<BenchmarkRow> rows) =>
        from row in rows
        from peer in row.Peers ?? new Dictionary<string, PeerFigure>()
        where peer.Value.Refusal is not null
        select $"{None} {peer.Key}, {row.Name}: {peer.Value.Refusal}";

    /// <summary>The ratio; the value where the row has no baseline.</summary>
    private static string Peer(BenchmarkRow row, string name) =>
        row.Peers is null || !row.Peers.TryGetValue(name, out PeerFigure? peer) ? ""
        : peer.Value is null ? None
        : row.Baseline is null ? Number(peer.Value) : Ratio(peer.Ratio);

    private static string Cpu(BenchmarkRow row, string place) => row.Cpu is not null && row.Cpu.TryGetValue(place, out double cpu) ? Number(cpu) : "";

    private static string Number(double? value) => value is { } number ? BenchmarkReport.Number(number) : "";

    private static string Ratio(double? ratio) => ratio is { } number ? number.ToString("0.00", CultureInfo.InvariantCulture) : "";
}
