using System.CommandLine;
using ZoneTierFS.Benchmarks.Reporting;

namespace ZoneTierFS.Benchmarks.Suites;

/// <summary>`device`: one pass of the suite on one medium.</summary>
internal static class DeviceCommand
{
    public static Command Create()
    {
        Option<string> medium = new("--medium") { Description = "What the folder lies on, for the rows' names.", Required = true };
        Option<string> folder = new("--folder") { Description = "Folder for the files that are measured.", Required = true };
        Option<int> repeats = new("--repeats") { Description = "Samples of each figure.", DefaultValueFactory = _ => 5 };
        Option<string?> json = new("--json") { Description = "File of JSON to add the rows to." };
        Command command = new(DeviceSuite.Name, "Virtual zones in an image file against a plain file.") { medium, folder, repeats, json };
        command.SetAction(async (parsed, _) =>
        {
            DeviceSuite suite = new(parsed.GetRequiredValue(medium), parsed.GetRequiredValue(folder), parsed.GetRequiredValue(repeats));
            BenchmarkReport.Publish(DeviceSuite.Name, await suite.RunAsync(), parsed.GetValue(json));
        });
        return command;
    }
}
