using System.CommandLine;
using ZoneTierFS.Cli.Client;
using ZoneTierFS.Cli.Json;
using ZoneTierFS.Cli.Serving;

namespace ZoneTierFS.Cli.Commands;

/// <summary>`ztfs pin`.</summary>
internal sealed class PinCommand : PlacementCommand
{
    private readonly Option<string?> _tier = new("--tier") { Description = "The tier to keep the files on. Default: the fast one.", HelpName = "TIER" };

    public PinCommand(CommandHost host) : base(host, "pin", "Keeps files on a tier: the mover brings them there and leaves them.") => Options.Add(_tier);

    protected override Task ActAsync(ParseResult parse, IReadOnlyList<(ControlFile File, FileReport Before)> files, CancellationToken ct)
    {
        foreach (var (file, before) in files)
            file.Set(ControlAttributes.Pin, parse.GetValue(_tier) ?? before.FastTier);
        return Task.CompletedTask;
    }
}
