namespace ZoneTierFS.Linux;

/// <summary>One line of the kernel's table of mounts.</summary>
/// <param name="Target">Where it is mounted, without symbolic links.</param>
/// <param name="Device">Major and minor number of the filesystem's device: "0:45".</param>
/// <param name="Type">The filesystem's type, for example "ext4" or "fuse.ztfs".</param>
public sealed record MountEntry(string Target, string Device, string Type);
