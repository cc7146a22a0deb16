using System.Buffers.Binary;
using System.Runtime.InteropServices;
using ZoneTierFS.Devices;
using ZoneTierFS.Engine.Zones;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Format;

/// <summary>
/// The reverse map at the end of a filled data zone: entries of 24 bytes {inode u64, file block u64, zone block u32, count u32}, zeros, and in the last 64
/// bytes {magic u64, zone u32, entries u32, blocks u32, crc32c u32 of everything before the crc}. It ends where the zone's capacity ends. It is a shortcut for
/// the mover; without it the namespace is scanned.
/// </summary>
internal static class ZoneFooter
{
    public const int EntrySize = 24;
    public const int TrailerSize = 64;
    private const int CrcOffset = 20;
    private const ulong Magic = 0x3130_5450_4D52_545A; // "ZTRMPT01"
    private const int BlockSize = DeviceZones.BlockSize;

    public static int BlocksFor(int entries) => (entries * EntrySize + TrailerSize + BlockSize - 1) / BlockSize;

    public static AlignedMemory Build(IReadOnlyList<ReverseEntry> entries, int zone, int blocks)
    {
        Invariant.Holds(blocks >= BlocksFor(entries.Count), "a footer has room for its entries");
        var memory = new AlignedMemory(blocks * BlockSize);
        var bytes = memory.GetSpan();
        bytes.Clear();
        for (var i = 0; i < entries.Count; i++)
        {
            var at = bytes[(i * EntrySize)..];
            BinaryPrimitives.WriteUInt64LittleEndian(at, entries[i].Inode);
            BinaryPrimitives.WriteUInt64LittleEndian(at[8..], entries[i].FileBlock);
            BinaryPrimitives.WriteUInt32LittleEndian(at[16..], entries[i].ZoneBlock);
            BinaryPrimitives.WriteUInt32LittleEndian(at[20..], entries[i].Count);
        }
        var trailer = bytes[^TrailerSize..];
        BinaryPrimitives.WriteUInt64LittleEndian(trailer, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(trailer[8..], zone);
        BinaryPrimitives.WriteInt32LittleEndian(trailer[12..], entries.Count);
        BinaryPrimitives.WriteInt32LittleEndian(trailer[16..], blocks);
        BinaryPrimitives.WriteUInt32LittleEndian(trailer[CrcOffset..], Crc32C.Compute(bytes[..^(TrailerSize - CrcOffset)]));
        return memory;
    }

    /// <summary>How many blocks the footer whose last block is given takes; 0 when it is no footer of this zone.</summary>
    public static int BlocksOf(ReadOnlySpan<byte> lastBlock, int zone)
    {
        var trailer = lastBlock[^TrailerSize..];
        if (BinaryPrimitives.ReadUInt64LittleEndian(trailer) != Magic || BinaryPrimitives.ReadInt32LittleEndian(trailer[8..]) != zone) return 0;
        var entries = BinaryPrimitives.ReadInt32LittleEndian(trailer[12..]);
        var blocks = BinaryPrimitives.ReadInt32LittleEndian(trailer[16..]);
        return entries is < 0 or > 1 << 24 || blocks < BlocksFor(entries) ? 0 : blocks;
    }

    /// <summary>The entries of a whole footer, or null where its checksum is wrong.</summary>
    public static List<ReverseEntry>? TryRead(ReadOnlySpan<byte> bytes)
    {
        var trailer = bytes[^TrailerSize..];
        var entries = BinaryPrimitives.ReadInt32LittleEndian(trailer[12..]);
        if (BinaryPrimitives.ReadUInt32LittleEndian(trailer[CrcOffset..]) != Crc32C.Compute(bytes[..^(TrailerSize - CrcOffset)])) return null;
        var list = new List<ReverseEntry>(entries);
        for (var i = 0; i < entries; i++)
        {
            var at = bytes[(i * EntrySize)..];
            list.Add(new ReverseEntry(
                MemoryMarshal.Read<ulong>(at), MemoryMarshal.Read<ulong>(at[8..]), MemoryMarshal.Read<uint>(at[16..]), MemoryMarshal.Read<uint>(at[20..])));
        }
        return list;
    }
}
