using System.CommandLine;
using ZoneTierFS.Cli.Client;
using ZoneTierFS.Cli.Json;
using ZoneTierFS.Cli.Serving;

namespace ZoneTierFS.Cli.Commands;

/// <summary>`ztfs unpin`.</summary>
internal sealed class UnpinCommand(CommandHost host) : PlacementCommand(host, "unpin", "Lets the mover decide again where files lie.")
{
    protected override Task ActAsync(ParseResult parse, IReadOnlyList<(ControlFile File, FileReport Before)> files, CancellationToken ct)
    {
        foreach (var (file, _) in files)
            file.Remove(ControlAttributes.Pin);
        return Task.CompletedTask;
    }
}
