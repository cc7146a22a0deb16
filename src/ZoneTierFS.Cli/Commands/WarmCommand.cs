using System.CommandLine;
using ZoneTierFS.Cli.Client;
using ZoneTierFS.Cli.Configuration;
using ZoneTierFS.Cli.Json;
using ZoneTierFS.Cli.Serving;

namespace ZoneTierFS.Cli.Commands;

/// <summary>`ztfs warm`: returns when the files are on the fast tier.</summary>
internal sealed class WarmCommand(CommandHost host) : PlacementCommand(host, "warm", "Copies files to the fast tier now, and waits until they are there.")
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>Without a byte moved in this time, the mover has a reason, which it then is asked for.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    protected override Task ActAsync(ParseResult parse, IReadOnlyList<(ControlFile File, FileReport Before)> files, CancellationToken ct) =>
        WithProgressAsync(parse, "warming", async progress =>
        {
            foreach (var (file, _) in files)
                file.Set(ControlAttributes.Warm, "1");
            await WaitAsync(files, progress, ct);
            return true;
        });

    private static async Task WaitAsync(IReadOnlyList<(ControlFile File, FileReport Before)> files, IProgress<double> progress, CancellationToken ct)
    {
        var total = files.Sum(file => SlowBytes(file.Before));
        var least = long.MaxValue;
        var lastStep = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var waiting = files.Select(file => (file.File, Report: file.File.Explain())).Where(file => SlowBytes(file.Report) > 0).ToList();
            var left = waiting.Sum(file => SlowBytes(file.Report));
            progress.Report(total == 0 ? 1 : Math.Clamp(1 - (double)left / total, 0, 1));
            if (left == 0)
                return;
            if (left < least)
                (least, lastStep) = (left, TimeProvider.System.GetTimestamp());
            else if (TimeProvider.System.GetElapsedTime(lastStep) > Patience)
                throw Stuck(waiting[0].File, waiting[0].Report);
            await Task.Delay(PollInterval, ct);
        }
    }

    private static long SlowBytes(FileReport report) => report.BytesByTier.Where(tier => tier.Key != report.FastTier).Sum(tier => tier.Value);

    private static CommandException Stuck(ControlFile file, FileReport report) =>
        new(
            $"warming does not get on, {SettingNumber.FormatBytes(SlowBytes(report))} are left (the mover: {report.NextMove})", file.Path,
            "Free space on the fast tier, raise mover.promotedFractionMax or mover.bytesPerSecond, or wait until the volume is less busy.");
}
