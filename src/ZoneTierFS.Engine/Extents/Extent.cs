using System.Buffers.Binary;

namespace ZoneTierFS.Engine.Extents;

/// <summary>Consecutive blocks of a file that lie consecutively in a zone.</summary>
internal readonly record struct Extent(ulong FileBlock, uint Count, Location At)
{
    /// <summary>Bytes of an extent item's value: count u32, device u8 and zone u24, block u32, reserved u32.</summary>
    public const int EncodedSize = 16;

    public ulong End => FileBlock + Count;

    /// <summary>The part of this extent that covers the given blocks, which must lie inside.</summary>
    public Extent Slice(ulong from, ulong to) =>
        new(from, checked((uint)(to - from)), At.Plus(checked((uint)(from - FileBlock))));

    public void Write(Span<byte> into)
    {
        Invariant.Holds(Count > 0 && At.Zone < 1 << 24 && At.Device < 256, "an extent fits its encoding");
        BinaryPrimitives.WriteUInt32LittleEndian(into, Count);
        BinaryPrimitives.WriteUInt32LittleEndian(into[4..], (uint)At.Device << 24 | (uint)At.Zone);
        BinaryPrimitives.WriteUInt32LittleEndian(into[8..], At.Block);
        BinaryPrimitives.WriteUInt32LittleEndian(into[12..], 0);
    }

    public static Extent Read(ulong fileBlock, ReadOnlySpan<byte> value)
    {
        var place = BinaryPrimitives.ReadUInt32LittleEndian(value[4..]);
        var at = new Location((int)(place >> 24), (int)(place & 0xFFFFFF), BinaryPrimitives.ReadUInt32LittleEndian(value[8..]));
        return new Extent(fileBlock, BinaryPrimitives.ReadUInt32LittleEndian(value), at);
    }
}
