namespace ZoneTierFS.Linux;

/// <summary>The bits of st_mode, by their native names.</summary>
public static class FileMode
{
    public const uint S_IFMT = 0xF000;
    public const uint S_IFLNK = 0xA000;
    public const uint S_IFREG = 0x8000;
    public const uint S_IFDIR = 0x4000;
    public const uint S_IFIFO = 0x1000;
    public const uint S_ISUID = 0x800;
    public const uint S_ISGID = 0x400;
    public const uint S_IXGRP = 0x8;
    /// <summary>What owner, group and others may do.</summary>
    public const uint AccessMask = 0x1FF;
    /// <summary>All bits that chmod can change.</summary>
    public const uint PermissionMask = 0xFFF;

    public static bool IsDirectory(uint mode) => (mode & S_IFMT) == S_IFDIR;

    public static bool IsRegular(uint mode) => (mode & S_IFMT) == S_IFREG;

    public static bool IsSymlink(uint mode) => (mode & S_IFMT) == S_IFLNK;
}
