using System.Diagnostics.CodeAnalysis;
using System.Text;
using ZoneTierFS.Devices;
using static System.Buffers.Binary.BinaryPrimitives;

namespace ZoneTierFS.Engine.Format;

/// <summary>
/// The block that says what a device is and where its volume begins. Every change writes a new one with a higher generation; the newest that is whole wins.
/// </summary>
internal sealed record Superblock
{
    public const int Size = 4096;

    /// <summary>The version written here; older ones are read. 2 came with the second copy of the metadata and with short extents.</summary>
    public const uint CurrentVersion = 2;

    /// <summary>Incompatible features that this version knows: none yet.</summary>
    public const ulong KnownFeatures = 0;

    public const int TierBytesMax = 16;

    // The first four fields stay where they are in every version, so that an older program can tell a newer volume from a damaged one.
    public const int MagicOffset = 0;
    public const int CrcOffset = 8;
    public const int FormatVersionOffset = 12;
    public const int IncompatibleFeaturesOffset = 16;
    public const int UuidOffset = 24;
    public const int DeviceIndexOffset = 40;
    public const int DeviceCountOffset = 42;
    public const int CleanOffset = 44;
    public const int RootPresentOffset = 45;
    public const int RootDeviceOffset = 46;
    public const int RootZoneOffset = 48;
    public const int RootBlockOffset = 52;
    public const int ZoneCountOffset = 56;
    public const int TierOffset = 64;
    public const int ZoneSizeOffset = 80;
    public const int ZoneCapacityOffset = 88;
    public const int GenerationOffset = 96;
    public const int MountEpochOffset = 104;
    public const int SecondRootPresentOffset = 112;
    public const int WithoutFirstOffset = 113;
    public const int SecondRootDeviceOffset = 114;
    public const int SecondRootZoneOffset = 116;
    public const int SecondRootBlockOffset = 120;

    /// <summary>Against a program that would misread, and then overwrite, what a later one wrote.</summary>
    public uint FormatVersion { get; init; } = CurrentVersion;

    /// <summary>Against the same within a version: a set bit that is not known forbids to mount.</summary>
    public ulong IncompatibleFeatures { get; init; }

    /// <summary>The volume's identity. Against devices of two volumes mixed up, and stale blocks of a volume that was here before.</summary>
    public required Guid Uuid { get; init; }

    /// <summary>Place of this device among the volume's devices. Against devices given in the wrong order.</summary>
    public required ushort DeviceIndex { get; init; }

    /// <summary>Devices of the volume. Against mounting a volume that is not complete.</summary>
    public required ushort DeviceCount { get; init; }

    /// <summary>Name of the tier that this device serves, at most 16 bytes of UTF-8. Against a configuration that swaps the tiers.</summary>
    public required string Tier { get; init; }

    /// <summary>Zones of the device when it was formatted; with the next two, against a device or image that was replaced, grown or cut.</summary>
    public required uint ZoneCount { get; init; }

    /// <summary>Distance between the starts of two zones, bytes.</summary>
    public required ulong ZoneSize { get; init; }

    /// <summary>Writable bytes of a zone.</summary>
    public required ulong ZoneCapacity { get; init; }

    /// <summary>Grows with every superblock of the volume. Against an older copy that is whole as well.</summary>
    public required ulong Generation { get; init; }

    /// <summary>
    /// Where the checkpoint's first copy begins; null before the first one, and where that copy could not be written. Against a root that is guessed: nothing
    /// but this names it.
    /// </summary>
    public BlockAddress? CheckpointRoot { get; init; }

    /// <summary>
    /// Where its second copy begins; null where there is none. Against one damaged block, and a lost device, that take all metadata with them.
    /// </summary>
    public BlockAddress? SecondRoot { get; init; }

    /// <summary>
    /// Written when the first device answered no more, and to be believed only while it is missing. Against losing what its journal holds when it comes back.
    /// </summary>
    public bool WithoutFirst { get; init; }

    /// <summary>Nothing was journaled after the checkpoint. Only a hint for people: recovery runs in any case.</summary>
    public bool Clean { get; init; }

    /// <summary>Grows with every mount. Against journal batches of an earlier mount that lie behind the end of the valid ones.</summary>
    public required ulong MountEpoch { get; init; }

    private static ReadOnlySpan<byte> Magic => "ZTFSSUPR"u8;

    /// <summary>The format version of a block that <see cref="TryRead"/> called <see cref="SuperblockProblem.Newer"/>.</summary>
    public static uint VersionOf(ReadOnlySpan<byte> block) => ReadUInt32LittleEndian(block[FormatVersionOffset..]);

    /// <param name="block">The first <see cref="Size"/> bytes are looked at.</param>
    public static bool TryRead(ReadOnlySpan<byte> block, [NotNullWhen(true)] out Superblock? superblock, out SuperblockProblem problem)
    {
        block = block[..Size];
        superblock = null;
        problem = SuperblockProblem.NotSuperblock;
        if (!block[MagicOffset..].StartsWith(Magic))
            return false;
        problem = SuperblockProblem.Damaged;
        if (ReadUInt32LittleEndian(block[CrcOffset..]) != Crc32C.Compute(block[FormatVersionOffset..]))
            return false;
        problem = SuperblockProblem.Newer;
        if (VersionOf(block) > CurrentVersion || (ReadUInt64LittleEndian(block[IncompatibleFeaturesOffset..]) & ~KnownFeatures) != 0)
            return false;
        var read = Parse(block);
        problem = read.IsPlausible() ? SuperblockProblem.None : SuperblockProblem.Damaged;
        if (problem == SuperblockProblem.None)
            superblock = read;
        return problem == SuperblockProblem.None;
    }

    /// <summary>Fills <see cref="Size"/> bytes. Throws <see cref="InvalidOperationException"/> rather than write what could not be read back.</summary>
    public void Write(Span<byte> into)
    {
        if (!IsPlausible() || Encoding.UTF8.GetByteCount(Tier) > TierBytesMax)
            throw new InvalidOperationException($"Not a valid superblock: {this}");
        into = into[..Size];
        into.Clear();
        Magic.CopyTo(into[MagicOffset..]);
        WriteUInt32LittleEndian(into[FormatVersionOffset..], FormatVersion);
        WriteUInt64LittleEndian(into[IncompatibleFeaturesOffset..], IncompatibleFeatures);
        Uuid.TryWriteBytes(into[UuidOffset..], bigEndian: true, out _);
        WriteUInt16LittleEndian(into[DeviceIndexOffset..], DeviceIndex);
        WriteUInt16LittleEndian(into[DeviceCountOffset..], DeviceCount);
        into[CleanOffset] = Clean ? (byte)1 : (byte)0;
        into[WithoutFirstOffset] = WithoutFirst ? (byte)1 : (byte)0;
        WriteRoot(into, CheckpointRoot, RootPresentOffset, RootDeviceOffset, RootZoneOffset);
        WriteRoot(into, SecondRoot, SecondRootPresentOffset, SecondRootDeviceOffset, SecondRootZoneOffset);
        WriteUInt32LittleEndian(into[ZoneCountOffset..], ZoneCount);
        Encoding.UTF8.GetBytes(Tier, into.Slice(TierOffset, TierBytesMax));
        WriteUInt64LittleEndian(into[ZoneSizeOffset..], ZoneSize);
        WriteUInt64LittleEndian(into[ZoneCapacityOffset..], ZoneCapacity);
        WriteUInt64LittleEndian(into[GenerationOffset..], Generation);
        WriteUInt64LittleEndian(into[MountEpochOffset..], MountEpoch);
        WriteUInt32LittleEndian(into[CrcOffset..], Crc32C.Compute(into[FormatVersionOffset..]));
    }

    private static Superblock Parse(ReadOnlySpan<byte> block) => new()
    {
        FormatVersion = VersionOf(block),
        IncompatibleFeatures = ReadUInt64LittleEndian(block[IncompatibleFeaturesOffset..]),
        Uuid = new Guid(block.Slice(UuidOffset, 16), bigEndian: true),
        DeviceIndex = ReadUInt16LittleEndian(block[DeviceIndexOffset..]),
        DeviceCount = ReadUInt16LittleEndian(block[DeviceCountOffset..]),
        Clean = block[CleanOffset] != 0,
        CheckpointRoot = ReadRoot(block, RootPresentOffset, RootDeviceOffset, RootZoneOffset),
        SecondRoot = ReadRoot(block, SecondRootPresentOffset, SecondRootDeviceOffset, SecondRootZoneOffset),
        WithoutFirst = block[WithoutFirstOffset] != 0,
        ZoneCount = ReadUInt32LittleEndian(block[ZoneCountOffset..]),
        Tier = Encoding.UTF8.GetString(block.Slice(TierOffset, TierBytesMax).TrimEnd((byte)0)),
        ZoneSize = ReadUInt64LittleEndian(block[ZoneSizeOffset..]),
        ZoneCapacity = ReadUInt64LittleEndian(block[ZoneCapacityOffset..]),
        Generation = ReadUInt64LittleEndian(block[GenerationOffset..]),
        MountEpoch = ReadUInt64LittleEndian(block[MountEpochOffset..]),
    };

    private bool IsPlausible() =>
        DeviceIndex < DeviceCount && ZoneCount > 0 && ZoneCapacity > 0 && ZoneCapacity <= ZoneSize && ZoneSize <= long.MaxValue
        && (CheckpointRoot is not { } root || root.Device < DeviceCount) && (SecondRoot is not { } second || second.Device < DeviceCount) && FormatVersion > 0;

    // Zone and block of a root follow each other.
    private static BlockAddress? ReadRoot(ReadOnlySpan<byte> block, int presentAt, int deviceAt, int zoneAt) => block[presentAt] == 0 ? null : new BlockAddress(
        ReadUInt16LittleEndian(block[deviceAt..]), ReadUInt32LittleEndian(block[zoneAt..]), ReadUInt32LittleEndian(block[(zoneAt + 4)..]));

    private static void WriteRoot(Span<byte> into, BlockAddress? root, int presentAt, int deviceAt, int zoneAt)
    {
        if (root is not { } place) return;
        into[presentAt] = 1;
        WriteUInt16LittleEndian(into[deviceAt..], place.Device);
        WriteUInt32LittleEndian(into[zoneAt..], place.Zone);
        WriteUInt32LittleEndian(into[(zoneAt + 4)..], place.Block);
    }
}
