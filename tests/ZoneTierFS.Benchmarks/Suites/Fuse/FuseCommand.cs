using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.RegularExpressions;
using ZoneTierFS.Benchmarks.Measuring;
using ZoneTierFS.Benchmarks.Reporting;

namespace ZoneTierFS.Benchmarks.Suites.Fuse;

/// <summary>`fuse`: one pass of the suite on one medium.</summary>
internal static class FuseCommand
{
    private const string MountName = "ztfs";

    public static Command Create()
    {
        Option<Medium> medium = new("--medium") { Description = "What the folders lie on; the targets differ.", Required = true };
        Option<string> plain = new("--plain") { Description = $"Folder of the plain file system, with {MainJobSuite.ModelFile}.", Required = true };
        Option<Place> mounted = new("--mounted")
        {
            Description = $"The mount, with {MainJobSuite.ModelFile}, as PID:FOLDER.",
            CustomParser = argument => Parse(MountName, argument, argument.Tokens[0].Value.Split(':')),
            Required = true,
        };
        Option<Place[]> peers = new("--peer")
        {
            Description = "Another mount, as NAME:PID:FOLDER, or NAME:PID:FOLDER:BACKING where it shows the files of a folder.",
            CustomParser = ParsePeers,
        };
        Option<int> repeats = new("--repeats") { Description = "Samples of each row.", DefaultValueFactory = _ => 5 };
        Option<Regex> rows = new("--rows")
        {
            Description = "Measure rows whose names match this pattern.",
            CustomParser = ParsePattern,
            DefaultValueFactory = _ => new Regex(""),
        };
        Option<string?> json = new("--json") { Description = "File of JSON to add the rows to." };
        Command command = new(FuseSuite.Name, "The data path, row by row, against the plain file system and other FUSE file systems.")
        {
            medium, plain, mounted, peers, repeats, rows, json,
        };
        command.SetAction(parsed =>
        {
            Place baseline = new("ext4", parsed.GetRequiredValue(plain), Daemon: null);
            FusePlaces places = new(baseline, parsed.GetRequiredValue(mounted), parsed.GetValue(peers) ?? []);
            FuseSuite suite = new(parsed.GetRequiredValue(medium), places, parsed.GetRequiredValue(repeats), parsed.GetRequiredValue(rows));
            Measure(suite, places, parsed.GetValue(json));
        });
        return command;
    }

    /// <summary>What was measured is shown and kept also where a later row fails.</summary>
    private static void Measure(FuseSuite suite, FusePlaces places, string? json)
    {
        List<BenchmarkRow> results = [];
        try
        {
            results.AddRange(suite.Run());
        }
        finally
        {
            FuseReport.Show(FuseSuite.Name, results, places.PeerNames);
            if (json is not null)
                BenchmarkReport.Append(json, results);
        }
    }

    /// <param name="parts">PID, FOLDER and, where there is one, BACKING.</param>
    private static Place? Parse(string name, ArgumentResult argument, ReadOnlySpan<string> parts)
    {
        if (parts.Length is 2 or 3 && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int process))
            return new Place(name, parts[1], new DaemonProcess(process), parts.Length == 3 ? parts[2] : null, MayRefuse: name != MountName);
        argument.AddError($"'{string.Join(':', parts)}' does not name a process and a folder, as 123:/some/folder does");
        return null;
    }

    private static Place[]? ParsePeers(ArgumentResult argument)
    {
        List<Place> places = [];
        foreach (Token token in argument.Tokens)
        {
            string[] parts = token.Value.Split(':');
            if (Parse(parts[0], argument, parts.AsSpan(1)) is not { } place)
                return null;
            places.Add(place);
        }
        return [.. places];
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
