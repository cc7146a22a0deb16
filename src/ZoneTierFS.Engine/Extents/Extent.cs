using System.Buffers.Binary;
using System.Numerics;

namespace ZoneTierFS.Engine.Extents;

/// <summary>Consecutive blocks of a file that lie consecutively in a zone.</summary>
internal readonly record struct Extent(ulong FileBlock, uint Count, Location At)
{
    /// <summary>Bytes of an item's value: block u24, device u8, zone u24, and the count in as few bytes as it needs, 1 to 4.</summary>
    public const int EncodedBytesMax = PlaceBytes + sizeof(uint);

    /// <summary>Bytes of the value that was written first and is still read: count u32, zone u24 and device u8, block u32, reserved u32.</summary>
    public const int FormerEncodedBytes = 16;

    /// <summary>Blocks of a zone, and zones of a device, at most.</summary>
    public const int PartMax = 1 << 24;

    private const int PlaceBytes = 7;

    public ulong End => FileBlock + Count;

    /// <summary>The part of this extent that covers the given blocks, which must lie inside.</summary>
    public Extent Slice(ulong from, ulong to) =>
        new(from, checked((uint)(to - from)), At.Plus(checked((uint)(from - FileBlock))));

    /// <summary>Writes the value of the extent's item and returns its length.</summary>
    /// <param name="into">At least <see cref="EncodedBytesMax"/> bytes.</param>
    public int Write(Span<byte> into)
    {
        Invariant.Holds(Count > 0 && At.Block < PartMax && At.Zone < PartMax && At.Device < 256, "an extent fits its encoding");
        BinaryPrimitives.WriteUInt32LittleEndian(into, (uint)At.Device << 24 | At.Block);
        BinaryPrimitives.WriteUInt32LittleEndian(into[4..], (uint)At.Zone);
        BinaryPrimitives.WriteUInt32LittleEndian(into[PlaceBytes..], Count);
        return EncodedBytesMax - BitOperations.LeadingZeroCount(Count) / 8;
    }

    /// <summary>Throws <see cref="InvalidDataException"/> for a value that is none.</summary>
    public static Extent Read(ulong fileBlock, ReadOnlySpan<byte> value)
    {
        var extent = value.Length switch
        {
            > PlaceBytes and <= EncodedBytesMax => ReadCompact(fileBlock, value),
            FormerEncodedBytes => ReadFormer(fileBlock, value),
            _ => throw new InvalidDataException($"A value of {value.Length} bytes is no extent."),
        };
        // A loop over a range steps by counts.
        return extent.Count > 0 ? extent : throw new InvalidDataException("An extent has no blocks.");
    }

    private static Extent ReadCompact(ulong fileBlock, ReadOnlySpan<byte> value)
    {
        var place = BinaryPrimitives.ReadUInt32LittleEndian(value);
        var zone = BinaryPrimitives.ReadUInt32LittleEndian(value[4..]) & (PartMax - 1);
        var count = 0u;
        for (var i = value.Length - 1; i >= PlaceBytes; i--) count = count << 8 | value[i];
        return new Extent(fileBlock, count, new Location((int)(place >> 24), (int)zone, place & (PartMax - 1)));
    }

    private static Extent ReadFormer(ulong fileBlock, ReadOnlySpan<byte> value)
    {
        var place = BinaryPrimitives.ReadUInt32LittleEndian(value[4..]);
        var at = new Location((int)(place >> 24), (int)(place & (PartMax - 1)), BinaryPrimitives.ReadUInt32LittleEndian(value[8..]));
        return new Extent(fileBlock, BinaryPrimitives.ReadUInt32LittleEndian(value), at);
    }
}
