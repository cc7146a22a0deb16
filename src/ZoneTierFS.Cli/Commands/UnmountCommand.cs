using System.CommandLine;
using Spectre.Console;
using ZoneTierFS.Cli.Client;
using ZoneTierFS.Cli.Json;
using ZoneTierFS.Cli.Mounting;
using ZoneTierFS.Fuse;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Cli.Commands;

/// <summary>`ztfs unmount`: returns when the volume is closed and the daemon is gone.</summary>
internal sealed class UnmountCommand : ZtfsCommand
{
    /// <summary>A daemon may have gigabytes to write back, to a slow device.</summary>
    private static readonly TimeSpan CloseLimit = TimeSpan.FromMinutes(5);

    private readonly Argument<string> _mountPoint = new("MOUNTPOINT") { Description = "The root directory of a mount." };

    public UnmountCommand(CommandHost host) : base(host, "unmount", "Unmounts a volume and waits until it is closed.") => Arguments.Add(_mountPoint);

    protected override async Task<ExitCode> RunAsync(ParseResult parse, CancellationToken ct)
    {
        var mountPoint = MountPoint.Resolve(parse.GetRequiredValue(_mountPoint));
        var table = MountTable.Read();
        var mount = table.At(mountPoint)
            ?? throw new CommandException("nothing is mounted there", mountPoint, $"'findmnt -t {MountTable.OurType}' lists the mounts of ztfs.");
        if (!mount.IsOurs)
            throw new CommandException($"the mount is of type {mount.Type}, not of ztfs", mountPoint, "Use umount for it.");
        var isStale = MountPoint.Look(mountPoint, table) == MountPointState.Stale;
        var daemon = isStale ? null : FindDaemon(mountPoint);
        Detach(mountPoint, isStale);
        if (daemon is { } process && !await Daemon.WaitForExitAsync(process, CloseLimit, ct))
            throw new CommandException($"unmounted, but daemon {process} still closes the volume", mountPoint, "Wait until it has ended, then mount again.");
        var text = $"{Describe(isStale, daemon)}: {mountPoint}.\n";
        Print(parse, new MountReport(mountPoint, daemon), CliJson.Readable.MountReport, _ => new Text(text));
        return ExitCode.Fine;
    }

    private static void Detach(string mountPoint, bool isStale)
    {
        var error = FuseMount.Unmount(mountPoint, lazy: isStale);
        if (error == Errno.EBUSY)
            throw new CommandException("files or working directories are open there", mountPoint, $"Close what 'lsof {mountPoint}' lists, then try again.");
        if (error != Errno.Ok)
            throw new CommandException($"cannot be unmounted ({error})", mountPoint, "Run as root or as the user who mounted it.");
    }

    /// <summary>The daemon's process; null when this user may not ask, and so cannot wait for it.</summary>
    private static int? FindDaemon(string mountPoint)
    {
        try
        {
            return new ControlFile(mountPoint).Status().Pid;
        }
        catch (CommandException)
        {
            return null;
        }
    }

    private static string Describe(bool isStale, int? daemon)
    {
        if (isStale)
            return "Cleared the mount of a daemon that had died; the next mount recovers what was synced";
        return daemon is null ? "Unmounted; the daemon could not be asked and may still be closing the volume" : "Unmounted";
    }
}
