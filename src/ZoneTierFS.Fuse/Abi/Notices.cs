using System.Runtime.InteropServices;

namespace ZoneTierFS.Fuse.Abi;

/// <summary>A message to the kernel that answers no request: its header, which has no number and a code in place of an error, and what it is about.</summary>
[StructLayout(LayoutKind.Explicit, Size = 40)]
internal struct FuseInvalidateInode
{
    /// <summary>FUSE_NOTIFY_INVAL_INODE.</summary>
    public const int InvalidateInode = 2;

    [FieldOffset(0)] public uint Length;
    [FieldOffset(4)] public int Code;
    [FieldOffset(16)] public ulong Inode;
    /// <summary>Negative: the attributes alone, not the cached bytes.</summary>
    [FieldOffset(24)] public long Offset;
}
