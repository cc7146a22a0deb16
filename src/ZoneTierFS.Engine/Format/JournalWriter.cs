using System.Buffers.Binary;
using System.Runtime.InteropServices;
using ZoneTierFS.Engine.Extents;
using ZoneTierFS.Engine.Metadata;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Format;

/// <summary>Collects the mutations of one batch, in memory that can be written to a device as it is.</summary>
internal sealed class JournalWriter : IDisposable
{
    private AlignedMemory _memory;
    private int _end = JournalBatchHeader.Size;

    /// <param name="capacity">Bytes to begin with; it grows as needed and never shrinks.</param>
    public JournalWriter(int capacity = 64 << 10) => _memory = new AlignedMemory(RoundUp(Math.Max(capacity, JournalBatchHeader.BlockSize)));

    public int MutationCount { get; private set; }

    public int PayloadLength => _end - JournalBatchHeader.Size;

    public void Put(ItemKey key, ReadOnlySpan<byte> value)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value.Length, ItemTree.ValueBytesMax);
        var into = Begin(JournalTag.Put, 18 + value.Length);
        WriteKey(into, key);
        BinaryPrimitives.WriteUInt16LittleEndian(into[16..], (ushort)value.Length);
        value.CopyTo(into[18..]);
    }

    public void Delete(ItemKey key) => WriteKey(Begin(JournalTag.Delete, 16), key);

    /// <param name="to">The first key that stays.</param>
    public void DeleteRange(ItemKey from, ItemKey to)
    {
        var into = Begin(JournalTag.DeleteRange, 32);
        WriteKey(into, from);
        WriteKey(into[16..], to);
    }

    /// <param name="first">The first block.</param>
    /// <param name="checksums">CRC-32C of it and of those behind it.</param>
    public void Checksums(BlockAddress first, ReadOnlySpan<uint> checksums)
    {
        var into = Begin(JournalTag.Checksums, checked(14 + checksums.Length * sizeof(uint)));
        BinaryPrimitives.WriteUInt16LittleEndian(into, first.Device);
        BinaryPrimitives.WriteUInt32LittleEndian(into[2..], first.Zone);
        BinaryPrimitives.WriteUInt32LittleEndian(into[6..], first.Block);
        BinaryPrimitives.WriteUInt32LittleEndian(into[10..], (uint)checksums.Length);
        MemoryMarshal.AsBytes(checksums).CopyTo(into[14..]); // pages make sure that the machine is little-endian
    }

    /// <param name="map">The page map's item.</param>
    /// <param name="number">Number of the first entry's block; those behind it follow. <see cref="PageMap.None"/> unmaps them.</param>
    public void MapRun(ItemKey map, int first, int count, ulong number)
    {
        var into = Begin(JournalTag.MapRun, 20 + PageMap.EntryBytes);
        WriteKey(into, map);
        BinaryPrimitives.WriteUInt16LittleEndian(into[16..], checked((ushort)first));
        BinaryPrimitives.WriteUInt16LittleEndian(into[18..], checked((ushort)count));
        PageMap.Fill(into[20..], number);
    }

    public void NextZone(uint zone) => BinaryPrimitives.WriteUInt32LittleEndian(Begin(JournalTag.NextZone, 4), zone);

    public void NextInode(ulong inode) => BinaryPrimitives.WriteUInt64LittleEndian(Begin(JournalTag.NextInode, 8), inode);

    /// <summary>Puts the header in front and zeros behind, and gives the whole batch, in whole blocks, valid until the next call.</summary>
    public ReadOnlyMemory<byte> Complete(Guid volume, ulong sequence, ulong epoch, uint flags = 0, ulong confirmed = 0)
    {
        var header = new JournalBatchHeader(PayloadLength, flags, sequence, epoch, MutationCount, confirmed);
        var batch = _memory.Memory[..header.BatchLength];
        batch.Span[_end..].Clear();
        header.Write(batch.Span, volume);
        return batch;
    }

    /// <summary>Begins the next batch.</summary>
    public void Clear() => (_end, MutationCount) = (JournalBatchHeader.Size, 0);

    public void Dispose() => ((IDisposable)_memory).Dispose();

    // Writes the tag and gives the space for what follows it.
    private Span<byte> Begin(JournalTag tag, int length)
    {
        if (length >= JournalBatchHeader.PayloadBytesMax - PayloadLength)
            throw new InvalidOperationException(
                $"A journal batch holds {JournalBatchHeader.PayloadBytesMax} bytes; {PayloadLength} + {length + 1} do not fit.");
        if (RoundUp(_end + length + 1) > _memory.Length)
            Grow(RoundUp(_end + length + 1));
        var into = _memory.GetSpan().Slice(_end, length + 1);
        into[0] = (byte)tag;
        _end += length + 1;
        MutationCount++;
        return into[1..];
    }

    private void Grow(int length)
    {
        var grown = new AlignedMemory(Math.Max(length, _memory.Length * 2));
        _memory.GetSpan()[.._end].CopyTo(grown.GetSpan());
        ((IDisposable)_memory).Dispose();
        _memory = grown;
    }

    private static int RoundUp(int length) => (length + JournalBatchHeader.BlockSize - 1) / JournalBatchHeader.BlockSize * JournalBatchHeader.BlockSize;

    private static void WriteKey(Span<byte> into, ItemKey key)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(into, key.High);
        BinaryPrimitives.WriteUInt64LittleEndian(into[8..], key.Low);
    }
}
