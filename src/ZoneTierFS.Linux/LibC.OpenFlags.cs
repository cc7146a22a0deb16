namespace ZoneTierFS.Linux;

// The open(2) flags that a filesystem sees; alike on x86-64 and arm64.
public static unsafe partial class LibC
{
    /// <summary>Mask of the access mode: O_RDONLY, O_WRONLY or O_RDWR.</summary>
    public const int O_ACCMODE = 3;
    public const int O_WRONLY = 1;
    public const int O_TRUNC = 0x200;
    public const int O_DSYNC = 0x1000;
    /// <summary>Reading is not to count as an access.</summary>
    public const int O_NOATIME = 0x40000;
    /// <summary>O_DSYNC and one bit more.</summary>
    public const int O_SYNC = 0x101000;
}
