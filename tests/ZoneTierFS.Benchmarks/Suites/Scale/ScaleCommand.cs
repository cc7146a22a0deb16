using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using ZoneTierFS.Benchmarks.Reporting;

namespace ZoneTierFS.Benchmarks.Suites.Scale;

/// <summary>`scale`: how the engine grows.</summary>
internal static class ScaleCommand
{
    public static Command Create()
    {
        Option<ScaleSize> size = new("--scale") { Description = "How large the volumes are.", DefaultValueFactory = _ => ScaleSize.Full };
        Option<Regex> rows = new("--rows")
        {
            Description = "Measure rows whose names match this pattern.",
            CustomParser = ParsePattern,
            DefaultValueFactory = _ => new Regex(""),
        };
        Option<string?> json = new("--json") { Description = "File of JSON to add the rows to." };
        Command command = new(ScaleSuite.Name, "How memory and times of the engine grow with files, extents and threads.") { size, rows, json };
        command.SetAction((parsed, _) => MeasureAsync(new ScaleSuite(parsed.GetValue(size), parsed.GetRequiredValue(rows)), parsed.GetValue(json)));
        return command;
    }

    /// <summary>What was measured is shown and kept also where a later row fails.</summary>
    private static async Task MeasureAsync(ScaleSuite suite, string? json)
    {
        List<BenchmarkRow> results = [];
        try
        {
            await foreach (BenchmarkRow result in suite.RunAsync())
                results.Add(result);
        }
        finally
        {
            BenchmarkReport.Publish(ScaleSuite.Name, results, json);
        }
    }

    private static Regex? ParsePattern(ArgumentResult argument)
    {
        try
        {
            return new Regex(argument.Tokens[0].Value, RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);
        }
        catch (RegexParseException wrong)
        {
            argument.AddError($"--rows: {wrong.Message}");
            return null;
        }
    }
}
