using System.CommandLine;
using ZoneTierFS.Cli.Client;
using ZoneTierFS.Cli.Json;

namespace ZoneTierFS.Cli.Commands;

/// <summary>`ztfs explain`: where a file lies, and why.</summary>
internal sealed class ExplainCommand : ZtfsCommand
{
    private readonly Argument<string> _path = new("PATH") { Description = "A file in a mount." };

    public ExplainCommand(CommandHost host) : base(host, "explain", "Shows a file's class and why, its tiers, its heat and what the mover would do with it.") =>
        Arguments.Add(_path);

    protected override Task<ExitCode> RunAsync(ParseResult parse, CancellationToken ct)
    {
        Print(parse, new ControlFile(parse.GetRequiredValue(_path)).Explain(), CliJson.Readable.FileReport, FileReportText.InFull);
        return Task.FromResult(ExitCode.Fine);
    }
}
