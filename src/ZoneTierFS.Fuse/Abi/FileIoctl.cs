namespace ZoneTierFS.Fuse.Abi;

/// <summary>The ioctls by which the kernel reads and writes a file's flags for lsattr and chattr (linux/fs.h, for 64 bits).</summary>
internal enum FileIoctl : uint
{
    GetFlags = 0x80086601,
    SetFlags = 0x40086602,
    GetXattr = 0x801C581F,
    SetXattr = 0x401C5820,
}
