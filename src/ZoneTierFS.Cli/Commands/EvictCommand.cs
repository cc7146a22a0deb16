using System.CommandLine;
using ZoneTierFS.Cli.Client;
using ZoneTierFS.Cli.Json;
using ZoneTierFS.Cli.Serving;

namespace ZoneTierFS.Cli.Commands;

/// <summary>`ztfs evict`.</summary>
internal sealed class EvictCommand(CommandHost host) : PlacementCommand(host, "evict", "Drops the files' clean copies from the fast tier.")
{
    protected override Task ActAsync(ParseResult parse, IReadOnlyList<(ControlFile File, FileReport Before)> files, CancellationToken ct)
    {
        foreach (var (file, _) in files)
            file.Set(ControlAttributes.Evict, "1");
        return Task.CompletedTask;
    }
}
