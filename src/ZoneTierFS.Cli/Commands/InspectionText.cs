using ZoneTierFS.Engine;

namespace ZoneTierFS.Cli.Commands;

/// <summary>A structure for people: a line for it, indented lines for those in it.</summary>
internal static class InspectionText
{
    private const int PartsShown = 10_000;

    public static string Describe(Inspection shown)
    {
        var lines = new List<string>();
        Add(lines, shown, depth: 0);
        if (lines.Count > PartsShown) lines.Add("… more with --json");
        return string.Concat(lines.Select(line => line + "\n"));
    }

    private static void Add(List<string> lines, Inspection shown, int depth)
    {
        if (lines.Count > PartsShown) return;
        var fields = string.Join(", ", shown.Fields.Select(field => $"{field.Key} {field.Value}"));
        lines.Add($"{new string(' ', depth * 2)}{shown.Title}{(fields.Length > 0 ? ": " : "")}{fields}");
        foreach (var part in shown.Parts) Add(lines, part, depth + 1);
    }
}
