namespace ZoneTierFS.Cli.Json;

/// <summary>What `ztfs mount --json` and `ztfs unmount --json` print.</summary>
/// <param name="Pid">The daemon's process; null where it had died, or could not be asked.</param>
internal sealed record MountReport(string Mountpoint, int? Pid);
