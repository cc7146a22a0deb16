using System.Numerics;
using System.Runtime.InteropServices;
using ZoneTierFS.Engine.Zones;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Extents;

/// <summary>
/// Written blocks of one file that are not on media yet, in native chunks of 64 KiB. A block is either wholly here or not at all. Changed under the file's
/// exclusive lock, read under its shared one.
/// </summary>
internal sealed unsafe class WriteBuffer : IDisposable
{
    public const int ChunkBlocks = 16;
    public const int ChunkBytes = ChunkBlocks * DeviceZones.BlockSize;
    private const int BlockSize = DeviceZones.BlockSize;

    /// <summary>Chunks that a buffer keeps for its next use.</summary>
    private const int SpareMax = 64;

    private readonly Dictionary<ulong, Chunk> _chunks = [];
    private readonly Stack<nint> _spare = new();
    private readonly List<ulong> _order = [];

    /// <summary>Blocks held.</summary>
    public int Blocks { get; private set; }

    public long MemoryBytes => (long)_chunks.Count * ChunkBytes;

    public bool Has(ulong block) => _chunks.TryGetValue(block / ChunkBlocks, out var chunk) && (chunk.Valid >> (int)(block % ChunkBlocks) & 1) != 0;

    public ReadOnlySpan<byte> Block(ulong block)
    {
        Invariant.Holds(Has(block), "only held blocks are read");
        return new ReadOnlySpan<byte>((byte*)_chunks[block / ChunkBlocks].Data + block % ChunkBlocks * BlockSize, BlockSize);
    }

    /// <summary>A block to fill in; it counts as held from now on. A new one is not cleared.</summary>
    public Span<byte> Hold(ulong block)
    {
        ref var chunk = ref CollectionsMarshal.GetValueRefOrAddDefault(_chunks, block / ChunkBlocks, out var existed);
        if (!existed) chunk.Data = _spare.TryPop(out var spare) ? spare : (nint)NativeMemory.AlignedAlloc(ChunkBytes, AlignedMemory.Alignment);
        var bit = (ushort)(1 << (int)(block % ChunkBlocks));
        if ((chunk.Valid & bit) == 0)
        {
            chunk.Valid |= bit;
            Blocks++;
        }
        return new Span<byte>((byte*)chunk.Data + block % ChunkBlocks * BlockSize, BlockSize);
    }

    /// <summary>The first held block in [from, end), or end.</summary>
    public ulong NextHeld(ulong from, ulong end)
    {
        for (var block = from; block < end;)
        {
            if (_chunks.TryGetValue(block / ChunkBlocks, out var chunk))
            {
                var rest = chunk.Valid >> (int)(block % ChunkBlocks);
                if (rest != 0) return Math.Min(end, block + (ulong)BitOperations.TrailingZeroCount(rest));
            }
            block = (block / ChunkBlocks + 1) * ChunkBlocks;
        }
        return end;
    }

    /// <summary>Gives up the held blocks in [from, end). Returns how many.</summary>
    public int Drop(ulong from, ulong end)
    {
        var before = Blocks;
        foreach (var index in _chunks.Keys.Where(index => (index + 1) * ChunkBlocks > from && index * ChunkBlocks < end).ToArray())
        {
            ref var chunk = ref CollectionsMarshal.GetValueRefOrNullRef(_chunks, index);
            for (var i = 0; i < ChunkBlocks; i++)
            {
                var block = index * ChunkBlocks + (ulong)i;
                if (block < from || block >= end || (chunk.Valid >> i & 1) == 0) continue;
                chunk.Valid &= (ushort)~(1 << i);
                Blocks--;
            }
            if (chunk.Valid != 0) continue;
            Keep(chunk.Data);
            _chunks.Remove(index);
        }
        return before - Blocks;
    }

    /// <summary>The held blocks as ascending runs. Valid until the buffer changes.</summary>
    public IEnumerable<(ulong Block, int Count)> Runs()
    {
        _order.Clear();
        _order.AddRange(_chunks.Keys);
        _order.Sort();
        foreach (var index in _order)
        {
            int valid = _chunks[index].Valid;
            for (var i = 0; i < ChunkBlocks;)
            {
                i += BitOperations.TrailingZeroCount((valid >> i) | 1 << (ChunkBlocks - i));
                if (i >= ChunkBlocks) break;
                var count = BitOperations.TrailingZeroCount(~(valid >> i));
                yield return (index * ChunkBlocks + (ulong)i, count);
                i += count;
            }
        }
    }

    /// <summary>
    /// Takes over the blocks of an older buffer that this one does not hold: a write-back failed, and nothing may be lost. Returns how many both held.
    /// </summary>
    public int TakeOver(WriteBuffer older)
    {
        var both = 0;
        foreach (var (block, count) in older.Runs())
        {
            for (var i = 0; i < count; i++)
            {
                if (Has(block + (ulong)i)) both++;
                else older.Block(block + (ulong)i).CopyTo(Hold(block + (ulong)i));
            }
        }
        return both;
    }

    /// <summary>Empties the buffer for its next use.</summary>
    public void Clear()
    {
        foreach (var chunk in _chunks.Values) Keep(chunk.Data);
        _chunks.Clear();
        Blocks = 0;
    }

    private void Keep(nint data)
    {
        if (_spare.Count < SpareMax) _spare.Push(data);
        else NativeMemory.AlignedFree((void*)data);
    }

    public void Dispose()
    {
        Clear();
        while (_spare.TryPop(out var data)) NativeMemory.AlignedFree((void*)data);
    }

    private struct Chunk
    {
        public nint Data;
        public ushort Valid;
    }
}
