using ZoneTierFS.Engine;

namespace ZoneTierFS.Cli.Json;

/// <summary>A mount at a glance: the root directory's attribute "user.ztfs.status", and what `ztfs status --json` prints.</summary>
/// <param name="Pid">The daemon's process.</param>
/// <param name="Configuration">The configuration file that the volume was mounted with.</param>
internal sealed record MountStatus(int Pid, string Mountpoint, string Name, string Configuration, ProcessStatus Process, VolumeStatus Volume);
