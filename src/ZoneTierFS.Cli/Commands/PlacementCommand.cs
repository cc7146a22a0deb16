using System.CommandLine;
using Spectre.Console;
using ZoneTierFS.Cli.Client;
using ZoneTierFS.Cli.Json;

namespace ZoneTierFS.Cli.Commands;

/// <summary>A command that changes where files lie, or shall lie: it acts on each and then prints what became of them.</summary>
internal abstract class PlacementCommand : ZtfsCommand
{
    private readonly Argument<string[]> _paths = new("PATH")
    {
        Description = "Files in a mount; a directory stands for all files below it.",
        Arity = ArgumentArity.OneOrMore,
    };

    protected PlacementCommand(CommandHost host, string name, string description) : base(host, name, description) => Arguments.Add(_paths);

    protected override async Task<ExitCode> RunAsync(ParseResult parse, CancellationToken ct)
    {
        var files = ControlFiles.Below(parse.GetRequiredValue(_paths));
        // Asked first, for all: an attribute that is set on another filesystem would be stored there, and nobody would notice.
        var before = files.Select(file => (file, file.Explain())).ToList();
        await ActAsync(parse, before, ct);
        var after = files.Select(file => file.Explain()).ToList();
        Print(parse, after, CliJson.Readable.IReadOnlyListFileReport, reports => new Text(string.Concat(reports.Select(FileReportText.InShort))));
        return ExitCode.Fine;
    }

    protected abstract Task ActAsync(ParseResult parse, IReadOnlyList<(ControlFile File, FileReport Before)> files, CancellationToken ct);
}
