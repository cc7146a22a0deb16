using System.Buffers.Binary;

namespace ZoneTierFS.Devices;

/// <summary>The head of a region image: what the image is, and where its parts lie. README.md specifies its bytes.</summary>
internal sealed record RegionHeader(Guid Uuid, ZonedGeometry Geometry)
{
    public const int Version = 1;
    /// <summary>Bytes of one copy; the second copy follows the first.</summary>
    public const int Size = 4096;
    public const int Copies = 2;
    /// <summary>Zones begin on a multiple of this, so that they keep to the medium's own large units.</summary>
    private const long DataAlignment = 1 << 20;

    /// <summary>The zones together are less than this, too (<see cref="GeometryRules"/>), so that the sum of both is a length.</summary>
    private const long DataOffsetMax = long.MaxValue >> 1;

    private const int VersionAt = 8, ChecksumAt = 12, UuidAt = 16, ZoneCountAt = 32, BlockSizeAt = 36, ZoneSizeAt = 40, ZoneCapacityAt = 48;
    private const int MaxOpenAt = 56, MaxActiveAt = 60, AppendMaxAt = 64, MediaAt = 68, TableAt = 72, DataAt = 80;

    private static ReadOnlySpan<byte> Magic => "ZTFSZONE"u8;

    public long TableOffset { get; private init; } = Copies * Size;

    public long DataOffset { get; private init; } = RoundUp(Copies * Size + TableLength(Geometry.ZoneCount), DataAlignment);

    public long ImageLength => DataOffset + Geometry.ZoneCount * Geometry.ZoneSize;

    public void Encode(Span<byte> into)
    {
        var bytes = into[..Size];
        bytes.Clear();
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[VersionAt..], Version);
        Uuid.TryWriteBytes(bytes[UuidAt..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[ZoneCountAt..], Geometry.ZoneCount);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[BlockSizeAt..], Geometry.BlockSize);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[ZoneSizeAt..], Geometry.ZoneSize);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[ZoneCapacityAt..], Geometry.ZoneCapacity);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[MaxOpenAt..], Geometry.MaxOpenZones);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[MaxActiveAt..], Geometry.MaxActiveZones);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[AppendMaxAt..], Geometry.AppendBytesMax);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[MediaAt..], (int)Geometry.Media);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[TableAt..], TableOffset);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[DataAt..], DataOffset);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[ChecksumAt..], Checksum(bytes));
    }

    /// <summary>Tells what the first bytes of a file are, by the better of the header's two copies.</summary>
    /// <param name="head">The file's first bytes: both copies, or fewer where the file is shorter.</param>
    /// <param name="header">Set when the answer is <see cref="RegionContent.Image"/>.</param>
    public static RegionContent Decode(ReadOnlySpan<byte> head, out RegionHeader? header)
    {
        header = null;
        var verdict = RegionContent.OtherData;
        for (var copy = 0; copy < Copies && head.Length >= (copy + 1) * Size; copy++)
        {
            var content = DecodeCopy(head.Slice(copy * Size, Size), out header);
            if (content is RegionContent.Image or RegionContent.NewerImage)
                return content;
            if (content == RegionContent.DamagedImage)
                verdict = content;
        }
        return verdict;
    }

    /// <summary>Bytes of the zone table: two copies of each block.</summary>
    public static long TableLength(int zoneCount) => 2L * ZoneTableStore.BlockSize * ZoneTableStore.BlockCount(zoneCount);

    private static RegionContent DecodeCopy(ReadOnlySpan<byte> bytes, out RegionHeader? header)
    {
        header = null;
        if (!bytes.StartsWith(Magic))
            return RegionContent.OtherData;
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes[ChecksumAt..]) != Checksum(bytes))
            return RegionContent.DamagedImage;
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes[VersionAt..]) != Version)
            return RegionContent.NewerImage;
        var geometry = new ZonedGeometry
        {
            ZoneCount = BinaryPrimitives.ReadInt32LittleEndian(bytes[ZoneCountAt..]),
            BlockSize = BinaryPrimitives.ReadInt32LittleEndian(bytes[BlockSizeAt..]),
            ZoneSize = BinaryPrimitives.ReadInt64LittleEndian(bytes[ZoneSizeAt..]),
            ZoneCapacity = BinaryPrimitives.ReadInt64LittleEndian(bytes[ZoneCapacityAt..]),
            MaxOpenZones = BinaryPrimitives.ReadInt32LittleEndian(bytes[MaxOpenAt..]),
            MaxActiveZones = BinaryPrimitives.ReadInt32LittleEndian(bytes[MaxActiveAt..]),
            AppendBytesMax = BinaryPrimitives.ReadInt32LittleEndian(bytes[AppendMaxAt..]),
            Media = (MediaKind)BinaryPrimitives.ReadInt32LittleEndian(bytes[MediaAt..]),
        };
        if (GeometryRules.FindFault(geometry) is not null)
            return RegionContent.DamagedImage;
        var table = BinaryPrimitives.ReadInt64LittleEndian(bytes[TableAt..]);
        var data = BinaryPrimitives.ReadInt64LittleEndian(bytes[DataAt..]);
        if (table < Copies * Size || table % Size != 0 || data % Size != 0 || data > DataOffsetMax || data - table < TableLength(geometry.ZoneCount))
            return RegionContent.DamagedImage;
        header = new RegionHeader(new Guid(bytes.Slice(UuidAt, 16), bigEndian: true), geometry) { TableOffset = table, DataOffset = data };
        return RegionContent.Image;
    }

    /// <summary>Of the whole header, with the checksum's own bytes as zeros.</summary>
    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> zeros = [0, 0, 0, 0];
        var before = Crc32C.Compute(zeros, Crc32C.Compute(bytes[..ChecksumAt]));
        return Crc32C.Compute(bytes[(ChecksumAt + zeros.Length)..], before);
    }

    private static long RoundUp(long value, long unit) => (value + unit - 1) / unit * unit;
}
