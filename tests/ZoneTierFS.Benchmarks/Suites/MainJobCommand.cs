using System.CommandLine;
using ZoneTierFS.Benchmarks.Measuring;
using ZoneTierFS.Benchmarks.Reporting;

namespace ZoneTierFS.Benchmarks.Suites;

/// <summary>`main-job`: one pass of the suite on one medium.</summary>
internal static class MainJobCommand
{
    public static Command Create()
    {
        Option<string> medium = new("--medium") { Description = "What the folders lie on, for the rows' names.", Required = true };
        Option<string> plain = new("--plain") { Description = $"Folder of the plain file system, with {MainJobSuite.ModelFile}.", Required = true };
        Option<string> mounted = new("--mounted") { Description = $"The mountpoint, with {MainJobSuite.ModelFile}.", Required = true };
        Option<int> daemon = new("--daemon") { Description = "Process that serves the mount.", Required = true };
        Option<int> repeats = new("--repeats") { Description = "Samples of each workload.", DefaultValueFactory = _ => 5 };
        Option<bool> targets = new("--targets") { Description = "The targets apply to this medium." };
        Option<string?> json = new("--json") { Description = "File of JSON to add the rows to." };
        Command command = new(MainJobSuite.Name, "Loading and storing a model: a mount against the plain file system.")
        {
            medium, plain, mounted, daemon, repeats, targets, json,
        };
        command.SetAction(parsed =>
        {
            DaemonProcess process = new(parsed.GetRequiredValue(daemon));
            MainJobSuite suite = new(parsed.GetRequiredValue(medium), new Place("ext4", parsed.GetRequiredValue(plain), Daemon: null),
                new Place("ztfs", parsed.GetRequiredValue(mounted), process), process, parsed.GetRequiredValue(repeats), parsed.GetRequiredValue(targets));
            BenchmarkReport.Publish(MainJobSuite.Name, suite.Run(), parsed.GetValue(json));
        });
        return command;
    }
}
