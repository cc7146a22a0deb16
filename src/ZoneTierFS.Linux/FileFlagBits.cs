namespace ZoneTierFS.Linux;

/// <summary>Flags of files as lsattr and chattr know them, by their native names (linux/fs.h).</summary>
public static class FileFlagBits
{
    public const uint FS_IMMUTABLE_FL = 0x10;
    public const uint FS_XFLAG_IMMUTABLE = 0x8;

    /// <summary>The same flags in the numbers of FS_IOC_FSGETXATTR.</summary>
    public static uint ToXattr(uint flags) => (flags & FS_IMMUTABLE_FL) != 0 ? FS_XFLAG_IMMUTABLE : 0;

    /// <summary>False where there is a flag that has no counterpart here.</summary>
    public static bool TryFromXattr(uint xattrFlags, out uint flags)
    {
        flags = (xattrFlags & FS_XFLAG_IMMUTABLE) != 0 ? FS_IMMUTABLE_FL : 0;
        return (xattrFlags & ~FS_XFLAG_IMMUTABLE) == 0;
    }
}
