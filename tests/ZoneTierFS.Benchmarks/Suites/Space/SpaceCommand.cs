using System.CommandLine;
using System.Text.RegularExpressions;
using ZoneTierFS.Benchmarks.Reporting;

namespace ZoneTierFS.Benchmarks.Suites.Space;

/// <summary>`space`: write amplification of the engine on memory devices.</summary>
internal static class SpaceCommand
{
    public static Command Create()
    {
        Option<string> rows = new("--rows") { Description = "Measure rows whose names match this regular expression.", DefaultValueFactory = _ => "" };
        Option<string?> json = new("--json") { Description = "File of JSON to add the rows to." };
        Command command = new(SpaceSuite.Name, "What a byte of users costs in bytes written, on memory devices.") { rows, json };
        command.SetAction(async (parsed, _) =>
        {
            SpaceSuite suite = new(new Regex(parsed.GetValue(rows) ?? "", RegexOptions.CultureInvariant));
            BenchmarkReport.Publish(SpaceSuite.Name, await suite.RunAsync(), parsed.GetValue(json));
        });
        return command;
    }
}
