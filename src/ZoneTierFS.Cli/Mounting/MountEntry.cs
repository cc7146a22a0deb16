namespace ZoneTierFS.Cli.Mounting;

/// <summary>One line of the kernel's table of mounts.</summary>
/// <param name="Target">Where it is mounted.</param>
/// <param name="Type">The filesystem's type, for example "ext4" or "fuse.ztfs".</param>
internal sealed record MountEntry(string Target, string Type, string Source)
{
    public bool IsOurs => Type == MountTable.OurType;
}
