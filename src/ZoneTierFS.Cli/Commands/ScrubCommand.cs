using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using ZoneTierFS.Cli.Client;
using ZoneTierFS.Cli.Configuration;
using ZoneTierFS.Cli.Json;
using ZoneTierFS.Cli.Serving;
using ZoneTierFS.Engine;

namespace ZoneTierFS.Cli.Commands;

/// <summary>`ztfs scrub`: the daemon reads everything in the background; this starts it and watches.</summary>
internal sealed class ScrubCommand : ZtfsCommand
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);

    private readonly Argument<string> _mountPoint = new("MOUNTPOINT") { Description = "The root directory of a mount." };
    private readonly Option<bool> _status = new("--status") { Description = "Only say how far it is." };
    private readonly Option<bool> _stop = new("--stop") { Description = "Stop it; the next start goes on from there." };

    public ScrubCommand(CommandHost host)
        : base(host, "scrub",
            "Reads everything on a mount to find and heal damage, and waits; ending the command does not end the scrub. Exit code 3: bytes are lost.")
    {
        Arguments.Add(_mountPoint);
        Options.Add(_status);
        Options.Add(_stop);
        Validators.Add(result =>
        {
            if (result.GetValue(_status) && result.GetValue(_stop))
                result.AddError("--status and --stop exclude each other");
        });
    }

    protected override async Task<ExitCode> RunAsync(ParseResult parse, CancellationToken ct)
    {
        var root = new ControlFile(parse.GetRequiredValue(_mountPoint));
        // Asked first: an attribute that is set on another filesystem would be stored there, and nobody would notice.
        var before = root.ScrubStatus();
        if (parse.GetValue(_stop))
            root.Set(ControlAttributes.Scrub, "stop");
        else if (!parse.GetValue(_status))
            await WithProgressAsync(parse, "scrubbing", progress => ScrubAsync(root, before, progress, ct));
        var status = root.ScrubStatus();
        Print(parse, status, CliJson.Readable.ScrubStatus, Describe);
        return status.LostBlocks + status.LostMetadata == 0 ? ExitCode.Fine : ExitCode.Damage;
    }

    private static async Task<bool> ScrubAsync(ControlFile root, ScrubStatus before, IProgress<double> progress, CancellationToken ct)
    {
        root.Set(ControlAttributes.Scrub, "start");
        while (root.ScrubStatus() is var status && (status.Running || status.Finished == before.Finished))
        {
            if (!status.Running && status.Finished == before.Finished)
                throw new CommandException("the scrub was stopped", root.Path, "The log says why, unless somebody asked for it; start it again to go on.");
            progress.Report(status.Progress);
            await Task.Delay(PollInterval, ct);
        }
        progress.Report(1);
        return true;
    }

    private static Text Describe(ScrubStatus status)
    {
        var state = status.Running ? string.Create(CultureInfo.InvariantCulture, $"under way, {status.Progress:P0} read") : "not under way";
        var finished = status.Finished is { } time ? time.ToString("u", CultureInfo.InvariantCulture) : "never";
        return new Text($"""
            Scrub {state}: {SettingNumber.FormatBytes(status.BytesRead)} read; last finished: {finished}.
              lost: {Number(status.LostBlocks)} blocks in {Number(status.LostFiles)} files, {Number(status.LostMetadata)} pages of metadata
              healed: {Number(status.HealedBlocks)} blocks, {Number(status.HealedMetadata)} pages of metadata

            """);
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
