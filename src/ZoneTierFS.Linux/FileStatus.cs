namespace ZoneTierFS.Linux;

/// <summary>What stat(2) says of a file. Times are nanoseconds since the Unix epoch; <see cref="Blocks"/> counts 512-byte units.</summary>
public struct FileStatus
{
    public ulong Inode;
    public ulong Size;
    public ulong Blocks;
    public long AccessTime;
    public long ModifyTime;
    public long ChangeTime;
    /// <summary>File type and permission bits, as in st_mode (see <see cref="FileMode"/>).</summary>
    public uint Mode;
    public uint LinkCount;
    public uint UserId;
    public uint GroupId;
    /// <summary>Device number of a character or block special file, in the kernel's 32-bit encoding; otherwise 0.</summary>
    public uint DeviceNumber;
    /// <summary>Tells files apart that were given the same inode number one after the other; a handle of an earlier one is stale.</summary>
    public uint Generation;
}
