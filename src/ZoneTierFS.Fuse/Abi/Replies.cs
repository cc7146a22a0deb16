using System.Runtime.InteropServices;

namespace ZoneTierFS.Fuse.Abi;

// The replies of linux/fuse.h. Fields without a name stay zero.

[StructLayout(LayoutKind.Explicit, Size = 16)]
internal struct FuseOutHeader
{
    [FieldOffset(0)] public uint Length;
    /// <summary>0, or an errno as a negative number.</summary>
    [FieldOffset(4)] public int Error;
    [FieldOffset(8)] public ulong Unique;
}

[StructLayout(LayoutKind.Explicit, Size = 64)]
internal struct FuseInitOut
{
    [FieldOffset(0)] public uint Major;
    [FieldOffset(4)] public uint Minor;
    [FieldOffset(8)] public uint MaxReadAhead;
    [FieldOffset(12)] public uint Flags;
    [FieldOffset(16)] public ushort MaxBackground;
    [FieldOffset(18)] public ushort CongestionThreshold;
    [FieldOffset(20)] public uint MaxWrite;
    [FieldOffset(24)] public uint TimeGranularity;
    [FieldOffset(28)] public ushort MaxPages;
    [FieldOffset(32)] public uint Flags2;
}

[StructLayout(LayoutKind.Explicit, Size = 88)]
internal struct FuseAttr
{
    [FieldOffset(0)] public ulong Inode;
    [FieldOffset(8)] public ulong Size;
    [FieldOffset(16)] public ulong Blocks;
    [FieldOffset(24)] public long AccessSeconds;
    [FieldOffset(32)] public long ModifySeconds;
    [FieldOffset(40)] public long ChangeSeconds;
    [FieldOffset(48)] public uint AccessNanoseconds;
    [FieldOffset(52)] public uint ModifyNanoseconds;
    [FieldOffset(56)] public uint ChangeNanoseconds;
    [FieldOffset(60)] public uint Mode;
    [FieldOffset(64)] public uint LinkCount;
    [FieldOffset(68)] public uint UserId;
    [FieldOffset(72)] public uint GroupId;
    [FieldOffset(76)] public uint DeviceNumber;
    [FieldOffset(80)] public uint BlockSize;
}

/// <summary>The reply that gives the kernel an inode; inode 0 says that the name does not exist, and may be remembered so.</summary>
[StructLayout(LayoutKind.Explicit, Size = 128)]
internal struct FuseEntryOut
{
    [FieldOffset(0)] public ulong Inode;
    [FieldOffset(8)] public ulong Generation;
    [FieldOffset(16)] public ulong EntrySeconds;
    [FieldOffset(24)] public ulong AttributeSeconds;
    [FieldOffset(32)] public uint EntryNanoseconds;
    [FieldOffset(36)] public uint AttributeNanoseconds;
    [FieldOffset(40)] public FuseAttr Attributes;
}

[StructLayout(LayoutKind.Explicit, Size = 104)]
internal struct FuseAttrOut
{
    [FieldOffset(0)] public ulong AttributeSeconds;
    [FieldOffset(8)] public uint AttributeNanoseconds;
    [FieldOffset(16)] public FuseAttr Attributes;
}

[StructLayout(LayoutKind.Explicit, Size = 16)]
internal struct FuseOpenOut
{
    [FieldOffset(0)] public ulong Handle;
    [FieldOffset(8)] public FuseOpenReplyFlags Flags;
}

[StructLayout(LayoutKind.Explicit, Size = 8)]
internal struct FuseWriteOut
{
    [FieldOffset(0)] public uint Size;
}

[StructLayout(LayoutKind.Explicit, Size = 8)]
internal struct FuseGetXattrOut
{
    [FieldOffset(0)] public uint Size;
}

[StructLayout(LayoutKind.Explicit, Size = 8)]
internal struct FuseLseekOut
{
    [FieldOffset(0)] public ulong Offset;
}

/// <summary>COPY_FILE_RANGE_64; the older COPY_FILE_RANGE is answered like WRITE.</summary>
[StructLayout(LayoutKind.Explicit, Size = 8)]
internal struct FuseCopyFileRangeOut
{
    [FieldOffset(0)] public ulong Size;
}

/// <summary>What the ioctl gives back follows; all fields zero say that it succeeded.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal struct FuseIoctlOut;

[StructLayout(LayoutKind.Explicit, Size = 80)]
internal struct FuseStatFsOut
{
    [FieldOffset(0)] public ulong Blocks;
    [FieldOffset(8)] public ulong FreeBlocks;
    [FieldOffset(16)] public ulong AvailableBlocks;
    [FieldOffset(24)] public ulong Files;
    [FieldOffset(32)] public ulong FreeFiles;
    [FieldOffset(40)] public uint BlockSize;
    [FieldOffset(44)] public uint NameBytesMax;
    [FieldOffset(48)] public uint FragmentSize;
}

/// <summary>An entry of READDIR; the name follows, padded to 8 bytes.</summary>
[StructLayout(LayoutKind.Explicit, Size = 24)]
internal struct FuseDirent
{
    [FieldOffset(0)] public ulong Inode;
    [FieldOffset(8)] public ulong NextOffset;
    [FieldOffset(16)] public uint NameLength;
    /// <summary>DT_ value: the type bits of the mode, shifted right by 12.</summary>
    [FieldOffset(20)] public uint Type;
}
