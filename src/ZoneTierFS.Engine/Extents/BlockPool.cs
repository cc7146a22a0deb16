using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ZoneTierFS.Engine.Zones;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Extents;

/// <summary>
/// The memory of waiting writes, block by block out of one range of addresses, so that blocks taken one after another lie one behind the other and can be
/// appended as they are. The lowest free places are taken first: what is in use stays in the processor's caches and few pages are ever touched. When the range
/// is used up, blocks come from the heap; when nothing waits any more, all but the first part of it goes back to the machine.
/// </summary>
internal sealed unsafe class BlockPool : MemoryManager<byte>
{
    private const int BlockSize = DeviceZones.BlockSize;

    /// <summary>Blocks of a segment, 1 MiB: whoever begins a new line of blocks gets a segment of his own while there is one.</summary>
    public const int SegmentBlocks = 256;

    /// <summary>The largest range, bytes: what one <see cref="Memory{T}"/> can show.</summary>
    private const long BytesMax = 1 << 30;

    /// <summary>Memory that is kept for the next writes when none wait, bytes; the machine gets back what a burst took beyond it.</summary>
    private const long KeptBytesMax = 16 << 20;

    private const int WordBits = 64;
    private const int SegmentWords = SegmentBlocks / WordBits;

    private readonly Lock _gate = new();
    private readonly ReservedMemory _memory;
    private readonly byte* _start;
    private readonly int _length;
    private readonly ulong[] _used;
    private int _inUse;
    private long _touchedBytes;

    /// <param name="bytes">How much is expected to be in use at most.</param>
    public BlockPool(long bytes)
    {
        const long segment = SegmentBlocks * BlockSize;
        _length = (int)Math.Clamp((bytes + segment - 1) / segment * segment, segment, BytesMax);
        _memory = new ReservedMemory(_length);
        _memory.PreferLargePages();
        _start = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(_memory.Slice(0, _length)));
        _used = new ulong[_length / BlockSize / WordBits];
    }

    /// <summary>Takes blocks; their bytes are whatever they were.</summary>
    /// <param name="after">The caller's last block, or 0: the places behind it are the best.</param>
    public void Take(nint after, Span<nint> blocks)
    {
        lock (_gate)
        {
            foreach (ref var block in blocks) block = after = (nint)TakeOne((byte*)after);
        }
    }

    private byte* TakeOne(byte* after)
    {
        var place = after is null ? -1 : PlaceOf(after) + 1;
        if (place <= 0 || place >= _length / BlockSize || IsUsed(place)) place = FindFree();
        if (place < 0) return (byte*)NativeMemory.AlignedAlloc(BlockSize, AlignedMemory.Alignment);
        _used[place / WordBits] |= 1ul << place;
        _inUse++;
        _touchedBytes = Math.Max(_touchedBytes, (place + 1L) * BlockSize);
        return _start + (long)place * BlockSize;
    }

    /// <summary>Gives blocks back.</summary>
    public void Return(Dictionary<ulong, nint>.ValueCollection blocks, ReadOnlySpan<nint> more)
    {
        lock (_gate)
        {
            foreach (var block in blocks) Free((byte*)block);
            foreach (var block in more) Free((byte*)block);
        }
    }

    public void Return(nint block)
    {
        lock (_gate) Free((byte*)block);
    }

    private void Free(byte* block)
    {
        var place = PlaceOf(block);
        if (place < 0)
        {
            NativeMemory.AlignedFree(block);
            return;
        }
        Invariant.Holds(IsUsed(place), "a block is given back once");
        _used[place / WordBits] &= ~(1ul << place);
        _inUse--;
        if (_inUse > 0 || _touchedBytes <= KeptBytesMax) return;
        _memory.Discard(KeptBytesMax, _touchedBytes - KeptBytesMax);
        _touchedBytes = KeptBytesMax;
    }

    /// <summary>The blocks at consecutive places.</summary>
    public Memory<byte> Slice(int place, int count) => Memory.Slice(place * BlockSize, count * BlockSize);

    /// <summary>A block's place in the range, counted in blocks; -1 for a block from the heap, which has no neighbours.</summary>
    public int PlaceOf(nint block) => PlaceOf((byte*)block);

    private int PlaceOf(byte* block) => block >= _start && block < _start + _length ? (int)((block - _start) / BlockSize) : -1;

    private bool IsUsed(int place) => (_used[place / WordBits] >> place & 1) != 0;

    private int FindFree()
    {
        for (var word = 0; word < _used.Length; word += SegmentWords)
            if (!_used.AsSpan(word, SegmentWords).ContainsAnyExcept(0ul)) return word * WordBits;
        var partly = _used.AsSpan().IndexOfAnyExcept(ulong.MaxValue);
        return partly < 0 ? -1 : partly * WordBits + BitOperations.TrailingZeroCount(~_used[partly]);
    }

    public override Span<byte> GetSpan() => new(_start, _length);

    public override MemoryHandle Pin(int elementIndex = 0) => new(_start + elementIndex);

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing) => _memory.Dispose();

    public void Dispose() => ((IDisposable)this).Dispose();
}
