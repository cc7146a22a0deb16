using System.Runtime.InteropServices;

namespace ZoneTierFS.Fuse.Abi;

// The requests of linux/fuse.h. Only fields that are used have names; Size says what the kernel sends.

[StructLayout(LayoutKind.Explicit, Size = 40)]
internal struct FuseInHeader
{
    [FieldOffset(0)] public uint Length;
    [FieldOffset(4)] public FuseOpcode Opcode;
    [FieldOffset(8)] public ulong Unique;
    [FieldOffset(16)] public ulong Inode;
    [FieldOffset(24)] public uint UserId;
    [FieldOffset(28)] public uint GroupId;
    [FieldOffset(32)] public uint ProcessId;
    /// <summary>Length of the extensions behind the arguments, in units of 8 bytes.</summary>
    [FieldOffset(36)] public ushort ExtensionUnits;
}

/// <summary>The part of fuse_init_in that every kernel sends.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal struct FuseInitIn
{
    [FieldOffset(0)] public uint Major;
    [FieldOffset(4)] public uint Minor;
    [FieldOffset(8)] public uint MaxReadAhead;
    [FieldOffset(12)] public uint Flags;
}

[StructLayout(LayoutKind.Explicit, Size = 88)]
internal struct FuseSetAttrIn
{
    [FieldOffset(0)] public FuseSetAttrValid Valid;
    [FieldOffset(8)] public ulong Handle;
    [FieldOffset(16)] public ulong Size;
    [FieldOffset(32)] public long AccessSeconds;
    [FieldOffset(40)] public long ModifySeconds;
    [FieldOffset(48)] public long ChangeSeconds;
    [FieldOffset(56)] public uint AccessNanoseconds;
    [FieldOffset(60)] public uint ModifyNanoseconds;
    [FieldOffset(64)] public uint ChangeNanoseconds;
    [FieldOffset(68)] public uint Mode;
    [FieldOffset(76)] public uint UserId;
    [FieldOffset(80)] public uint GroupId;
}

[StructLayout(LayoutKind.Explicit, Size = 16)]
internal struct FuseMkNodIn
{
    [FieldOffset(0)] public uint Mode;
    [FieldOffset(4)] public uint DeviceNumber;
    [FieldOffset(8)] public uint Umask;
}

[StructLayout(LayoutKind.Explicit, Size = 8)]
internal struct FuseMkDirIn
{
    [FieldOffset(0)] public uint Mode;
    [FieldOffset(4)] public uint Umask;
}

[StructLayout(LayoutKind.Explicit, Size = 8)]
internal struct FuseRenameIn
{
    [FieldOffset(0)] public ulong NewParent;
}

[StructLayout(LayoutKind.Explicit, Size = 16)]
internal struct FuseRename2In
{
    [FieldOffset(0)] public ulong NewParent;
    [FieldOffset(8)] public uint Flags;
}

[StructLayout(LayoutKind.Explicit, Size = 8)]
internal struct FuseLinkIn
{
    [FieldOffset(0)] public ulong Inode;
}

[StructLayout(LayoutKind.Explicit, Size = 8)]
internal struct FuseOpenIn
{
    [FieldOffset(0)] public uint Flags;
    [FieldOffset(4)] public uint OpenFlags;
}

[StructLayout(LayoutKind.Explicit, Size = 16)]
internal struct FuseCreateIn
{
    [FieldOffset(0)] public uint Flags;
    [FieldOffset(4)] public uint Mode;
    [FieldOffset(8)] public uint Umask;
}

/// <summary>READ, READDIR and READDIRPLUS.</summary>
[StructLayout(LayoutKind.Explicit, Size = 40)]
internal struct FuseReadIn
{
    [FieldOffset(0)] public ulong Handle;
    [FieldOffset(8)] public ulong Offset;
    [FieldOffset(16)] public uint Size;
}

[StructLayout(LayoutKind.Explicit, Size = 40)]
internal struct FuseWriteIn
{
    [FieldOffset(0)] public ulong Handle;
    [FieldOffset(8)] public ulong Offset;
    [FieldOffset(16)] public uint Size;
    [FieldOffset(20)] public uint WriteFlags;
    [FieldOffset(32)] public uint Flags;
}

[StructLayout(LayoutKind.Explicit, Size = 24)]
internal struct FuseReleaseIn
{
    [FieldOffset(0)] public ulong Handle;
}

[StructLayout(LayoutKind.Explicit, Size = 24)]
internal struct FuseFlushIn
{
    [FieldOffset(0)] public ulong Handle;
}

[StructLayout(LayoutKind.Explicit, Size = 16)]
internal struct FuseFsyncIn
{
    [FieldOffset(0)] public ulong Handle;
    [FieldOffset(8)] public uint Flags;
}

/// <summary>SETXATTR as it was before the SETXATTR_EXT flag; with it 8 more bytes follow.</summary>
[StructLayout(LayoutKind.Explicit, Size = 8)]
internal struct FuseSetXattrIn
{
    [FieldOffset(0)] public uint Size;
    [FieldOffset(4)] public uint Flags;
}

/// <summary>GETXATTR and LISTXATTR.</summary>
[StructLayout(LayoutKind.Explicit, Size = 8)]
internal struct FuseGetXattrIn
{
    [FieldOffset(0)] public uint Size;
}

[StructLayout(LayoutKind.Explicit, Size = 32)]
internal struct FuseFallocateIn
{
    [FieldOffset(0)] public ulong Handle;
    [FieldOffset(8)] public ulong Offset;
    [FieldOffset(16)] public ulong Length;
    [FieldOffset(24)] public uint Mode;
}

[StructLayout(LayoutKind.Explicit, Size = 24)]
internal struct FuseLseekIn
{
    [FieldOffset(0)] public ulong Handle;
    [FieldOffset(8)] public ulong Offset;
    [FieldOffset(16)] public uint Whence;
}

[StructLayout(LayoutKind.Explicit, Size = 8)]
internal struct FuseBatchForgetIn
{
    [FieldOffset(0)] public uint Count;
}

[StructLayout(LayoutKind.Explicit, Size = 16)]
internal struct FuseForgetOne
{
    [FieldOffset(0)] public ulong Inode;
}

/// <summary>INTERRUPT: the unique of the request that somebody no longer wants to wait for.</summary>
[StructLayout(LayoutKind.Explicit, Size = 8)]
internal struct FuseInterruptIn
{
    [FieldOffset(0)] public ulong Unique;
}

/// <summary>COPY_FILE_RANGE and COPY_FILE_RANGE_64; the header's inode is the source.</summary>
[StructLayout(LayoutKind.Explicit, Size = 56)]
internal struct FuseCopyFileRangeIn
{
    [FieldOffset(0)] public ulong SourceHandle;
    [FieldOffset(8)] public ulong SourceOffset;
    [FieldOffset(16)] public ulong TargetInode;
    [FieldOffset(24)] public ulong TargetHandle;
    [FieldOffset(32)] public ulong TargetOffset;
    [FieldOffset(40)] public ulong Length;
    [FieldOffset(48)] public ulong Flags;
}

/// <summary>IOCTL; what the caller hands in follows.</summary>
[StructLayout(LayoutKind.Explicit, Size = 32)]
internal struct FuseIoctlIn
{
    [FieldOffset(0)] public ulong Handle;
    [FieldOffset(12)] public FileIoctl Command;
    [FieldOffset(24)] public uint InputSize;
    [FieldOffset(28)] public uint OutputSize;
}

/// <summary>struct fsxattr of linux/fs.h.</summary>
[StructLayout(LayoutKind.Explicit, Size = 28)]
internal struct FileSystemXattr
{
    [FieldOffset(0)] public uint Flags;
    [FieldOffset(4)] public uint ExtentSize;
    [FieldOffset(12)] public uint ProjectId;
    [FieldOffset(16)] public uint CopyOnWriteExtentSize;
}
