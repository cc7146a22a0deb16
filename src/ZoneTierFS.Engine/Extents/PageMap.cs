using System.Buffers.Binary;
using ZoneTierFS.Engine.Metadata;

namespace ZoneTierFS.Engine.Extents;

/// <summary>
/// Where each block of a chunk lies: the value of an extent item, told by its length, for a chunk that was overwritten at random, where extents of a block each
/// would take more. The key is the chunk's first block, a multiple of <see cref="Blocks"/>; no other item of the layer reaches into the chunk.
/// </summary>
internal readonly ref struct PageMap(ReadOnlySpan<byte> value)
{
    /// <summary>Blocks of a chunk.</summary>
    public const int Blocks = 512;

    /// <summary>Bytes of a block's number (<see cref="BlockNumbers"/>).</summary>
    public const int EntryBytes = 5;

    /// <summary>Bytes of the value.</summary>
    public const int Bytes = Blocks * EntryBytes;

    /// <summary>The number of a block that is not mapped.</summary>
    public const ulong None = BlockNumbers.TotalMax;

    private readonly ReadOnlySpan<byte> _value = value;

    public static bool Is(ReadOnlySpan<byte> value) => value.Length == Bytes;

    public static ulong ChunkOf(ulong block) => block & ~(ulong)(Blocks - 1);

    public ulong this[int index] =>
        BinaryPrimitives.ReadUInt32LittleEndian(_value[(index * EntryBytes)..]) | (ulong)_value[index * EntryBytes + sizeof(uint)] << 32;

    public bool IsEmpty => !_value.ContainsAnyExcept((byte)0xFF);

    /// <summary>The first index from this one on that is mapped; <see cref="Blocks"/> where none is.</summary>
    public int NextMapped(int index)
    {
        while (index < Blocks && this[index] == None) index++;
        return index;
    }

    /// <summary>The blocks from a mapped index on that lie one behind the other in one zone.</summary>
    public Extent RunFrom(int index, ulong chunk, BlockNumbers numbers)
    {
        var number = this[index];
        var at = numbers.At(number);
        var max = Math.Min(Blocks - index, numbers.ToZoneEnd(at));
        var count = 1u;
        while (count < max && this[index + (int)count] == number + count) count++;
        return new Extent(chunk + (uint)index, count, at);
    }

    /// <summary>The whole run that a mapped index belongs to.</summary>
    public Extent RunAround(int index, ulong chunk, BlockNumbers numbers)
    {
        var number = this[index];
        var max = Math.Min((uint)index, numbers.At(number).Block);
        var back = 0u;
        while (back < max && this[index - (int)back - 1] == number - back - 1) back++;
        return RunFrom(index - (int)back, chunk, numbers);
    }

    /// <summary>Maps entries to blocks that follow each other, or unmaps them.</summary>
    /// <param name="number">Of the first; <see cref="None"/> for all.</param>
    public static void Fill(Span<byte> entries, ulong number)
    {
        var step = number == None ? 0u : 1u;
        for (; !entries.IsEmpty; entries = entries[EntryBytes..], number += step)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(entries, (uint)number);
            entries[sizeof(uint)] = (byte)(number >> 32);
        }
    }

    /// <summary>Changes the map under a key, as <see cref="Fill"/> does: what a replay of the journal does, too. False where there is no map.</summary>
    public static bool TryPatch(ItemTree tree, ItemKey key, int first, int count, ulong number)
    {
        if (!tree.TryGet(key, out var value) || !Is(value)) return false;
        Span<byte> entries = stackalloc byte[count * EntryBytes];
        Fill(entries, number);
        return tree.TryPatch(key, first * EntryBytes, entries);
    }
}
