using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace ZoneTierFS.Benchmarks.Reporting;

/// <summary>Shows rows as a table and adds them to a file of JSON.</summary>
internal static class BenchmarkReport
{
    private const int PipeWidth = 240;

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true };

    /// <param name="json">The file, or null for the table alone.</param>
    public static void Publish(string title, IReadOnlyList<BenchmarkRow> rows, string? json)
    {
        Show(title, rows);
        if (json is not null)
            Append(json, rows);
    }

    private static void Show(string title, IReadOnlyList<BenchmarkRow> rows)
    {
        Table table = new Table().Title(title).Border(TableBorder.Rounded);
        foreach ((string heading, bool number) in (ReadOnlySpan<(string, bool)>)[("what", false), ("ZoneTierFS", true), ("range", true), ("peer", true),
            ("range", true), ("unit", false), ("ratio", true), ("target", true), ("met", false), ("others' load", true)])
        {
            table.AddColumn(new TableColumn(heading) { NoWrap = true, Alignment = number ? Justify.Right : Justify.Left });
        }
        foreach (BenchmarkRow row in rows)
        {
            table.AddRow(Markup.Escape(row.Name), Number(row.Value), row.Range,
                row.Baseline is { } baseline ? Number(baseline) : "", row.BaselineRange, row.Unit,
                row.Ratio is { } ratio ? ratio.ToString("0.00", CultureInfo.InvariantCulture) : "", row.TargetText, YesOrNo(row.Met),
                row.OthersShare is { } share ? share.ToString("0 %", CultureInfo.InvariantCulture) : "");
        }
        Write(table);
    }

    /// <summary>Writes a table in full, however wide it is.</summary>
    public static void Write(Table table)
    {
        if (Console.IsOutputRedirected)
        {
            // A pipe has no width of its own, and a wrapped table is no table.
            AnsiConsole.Profile.Width = PipeWidth;
            AnsiConsole.Profile.Capabilities.ColorSystem = ColorSystem.NoColors;
            AnsiConsole.Profile.Capabilities.Ansi = false;
        }
        AnsiConsole.Write(table);
    }

    /// <summary>A verdict as markup; nothing where there is none.</summary>
    public static string YesOrNo(bool? verdict) => verdict switch { true => "[green]yes[/]", false => "[red]no[/]", null => "" };

    /// <summary>Adds the rows to the array in the file, which is made when missing.</summary>
    public static void Append(string path, IReadOnlyList<BenchmarkRow> rows)
    {
        BenchmarkRow[] before = File.Exists(path) ? JsonSerializer.Deserialize<BenchmarkRow[]>(File.ReadAllText(path)) ?? [] : [];
        File.WriteAllText(path, JsonSerializer.Serialize<BenchmarkRow[]>([.. before, .. rows], Json) + "\n");
    }

    /// <summary>A number with as many digits as are worth reading.</summary>
    public static string Number(double value)
    {
        double size = Math.Abs(value);
        string format = size == 0 ? "0" : size < 1 ? "0.000" : size < 10 ? "0.00" : size < 100 ? "0.0" : "#,0";
        return value.ToString(format, CultureInfo.InvariantCulture);
    }
}
