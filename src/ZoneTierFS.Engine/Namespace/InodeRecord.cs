using System.Runtime.InteropServices;
using ZoneTierFS.Engine.Placement;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Namespace;

/// <summary>An inode as stored: the value of its <see cref="ItemKind.Inode"/> item. The size on media never runs ahead of the data on media.</summary>
[StructLayout(LayoutKind.Explicit, Size = EncodedSize)]
internal struct InodeRecord
{
    public const int EncodedSize = 96;

    [FieldOffset(0)] public ulong Size;

    /// <summary>Allocated blocks of 4096 bytes, promoted copies not counted.</summary>
    [FieldOffset(8)] public ulong Blocks;
    [FieldOffset(16)] public long AccessTime;
    [FieldOffset(24)] public long ModifyTime;
    [FieldOffset(32)] public long ChangeTime;

    /// <summary>The directory of the newest name; of a directory, its parent.</summary>
    [FieldOffset(40)] public ulong Parent;

    /// <summary>Low key of the newest name's entry in <see cref="Parent"/>; for building paths.</summary>
    [FieldOffset(48)] public ulong EntryKey;
    [FieldOffset(56)] public uint Mode;
    [FieldOffset(60)] public uint LinkCount;
    [FieldOffset(64)] public uint UserId;
    [FieldOffset(68)] public uint GroupId;
    [FieldOffset(72)] public uint DeviceNumber;
    [FieldOffset(76)] public FileClass Class;
    [FieldOffset(77)] public ClassReason Reason;

    /// <summary>Index of the tier that the file is pinned to, plus 1; 0 for none.</summary>
    [FieldOffset(78)] public byte Pin;
    [FieldOffset(79)] public InodeFlags Flags;

    /// <summary>Of the mount that made the inode: a crash may lose an inode, and the next mount give its number to another.</summary>
    [FieldOffset(80)] public uint Generation;
    // 84 to 95: reserved, zero

    public static InodeRecord Read(ReadOnlySpan<byte> value)
    {
        Invariant.Holds(value.Length == EncodedSize, "an inode record has its size");
        return MemoryMarshal.Read<InodeRecord>(value);
    }

    public readonly FileStatus ToStatus(ulong number) => new()
    {
        Inode = number,
        Size = Size,
        Blocks = Blocks * 8,
        AccessTime = AccessTime,
        ModifyTime = ModifyTime,
        ChangeTime = ChangeTime,
        Mode = Mode,
        LinkCount = LinkCount,
        UserId = UserId,
        GroupId = GroupId,
        DeviceNumber = DeviceNumber,
        Generation = Generation,
    };
}
