using System.Runtime.InteropServices;
using ZoneTierFS.Engine.Zones;

namespace ZoneTierFS.Engine.Extents;

/// <summary>
/// Written blocks of one file that are not on media yet. A block is either wholly here or not at all. Changed under the file's exclusive lock, read under its
/// shared one.
/// </summary>
internal sealed unsafe class WriteBuffer(BlockPool pool) : IDisposable
{
    private const int BlockSize = DeviceZones.BlockSize;

    /// <summary>Blocks of an extent, on average, from which on its order matters no more.</summary>
    private const int LongExtentBlocks = 16;

    /// <summary>Blocks taken from the pool at once, at most, and so those that may be left over from an earlier write.</summary>
    private const int ReadyMax = 32;

    private readonly Dictionary<ulong, nint> _blocks = [];
    private readonly List<HeldBlock> _line = [];
    private readonly List<(ulong From, ulong End)> _stored = [];
    private readonly nint[] _ready = new nint[ReadyMax];
    private int _readyFrom;
    private int _readyCount;
    private nint _last;

    /// <summary>Blocks held.</summary>
    public int Blocks => _blocks.Count;

    public long MemoryBytes => (long)Blocks * BlockSize;

    public bool Has(ulong block) => _blocks.ContainsKey(block);

    public ReadOnlySpan<byte> Block(ulong block) => new((byte*)_blocks[block], BlockSize);

    /// <summary>A block to fill in; it counts as held from now on. A new one is not cleared.</summary>
    /// <param name="ahead">How many blocks are going to be held, this one included, as far as is known.</param>
    public Span<byte> Hold(ulong block, int ahead = 1)
    {
        ref var bytes = ref CollectionsMarshal.GetValueRefOrAddDefault(_blocks, block, out var existed);
        if (!existed) bytes = Take(ahead);
        return new Span<byte>((byte*)bytes, BlockSize);
    }

    private nint Take(int ahead)
    {
        if (_readyCount == 0)
        {
            (_readyFrom, _readyCount) = (0, Math.Clamp(ahead, 1, ReadyMax));
            pool.Take(_last, _ready.AsSpan(0, _readyCount));
        }
        _readyCount--;
        return _last = _ready[_readyFrom++];
    }

    /// <summary>The first held block in [from, end), or end.</summary>
    public ulong NextHeld(ulong from, ulong end)
    {
        if (end > from && end - from > (ulong)Blocks)
        {
            foreach (var block in _blocks.Keys)
                if (block >= from && block < end) end = block;
            return end;
        }
        while (from < end && !Has(from)) from++;
        return from < end ? from : end;
    }

    /// <summary>Gives up the held blocks in [from, end). Returns how many.</summary>
    public int Drop(ulong from, ulong end)
    {
        var before = Blocks;
        foreach (var (block, bytes) in _blocks)
        {
            if (block < from || block >= end) continue;
            _blocks.Remove(block); // which does not disturb the enumeration
            pool.Return(bytes);
        }
        return before - Blocks;
    }

    /// <summary>
    /// The held blocks as they lie in memory, which is how they were written and needs no copy; or in the order of the file where that makes far fewer extents
    /// of many small pieces. Valid until the buffer changes.
    /// </summary>
    public IReadOnlyList<HeldBlock> LineUp()
    {
        _line.Clear();
        foreach (var (block, bytes) in _blocks) _line.Add(new HeldBlock(pool.PlaceOf(bytes), block));
        Sort(ByPlace);
        var extents = CountExtents();
        if (extents <= _line.Count / LongExtentBlocks + 1) return _line;
        Sort(ByBlock);
        if (CountExtents() > extents / 2) Sort(ByPlace);
        return _line;
    }

    private static int ByPlace(HeldBlock one, HeldBlock other) => one.Place != other.Place ? one.Place.CompareTo(other.Place) : ByBlock(one, other);

    private static int ByBlock(HeldBlock one, HeldBlock other) => one.Block.CompareTo(other.Block);

    private void Sort(Comparison<HeldBlock> order)
    {
        for (var i = 1; i < _line.Count; i++)
        {
            if (order(_line[i - 1], _line[i]) < 0) continue;
            _line.Sort(order);
            return;
        }
    }

    private int CountExtents()
    {
        var count = 1;
        for (var i = 1; i < _line.Count; i++)
            if (_line[i].Block != _line[i - 1].Block + 1) count++;
        return count;
    }

    /// <summary>The bytes of blocks at consecutive places; empty where they have none.</summary>
    public ReadOnlyMemory<byte> Slice(HeldBlock first, int count) => first.Place < 0 ? default : pool.Slice(first.Place, count);

    /// <summary>
    /// Takes the blocks of an older buffer that this one does not hold: a write-back failed, and nothing may be lost. Returns how many both held; the older
    /// one keeps those.
    /// </summary>
    public int TakeOver(WriteBuffer older)
    {
        foreach (var (block, bytes) in older._blocks)
            if (_blocks.TryAdd(block, bytes)) older._blocks.Remove(block);
        return older.Blocks;
    }

    /// <summary>Blocks [from, end) are on media; they stay here until the whole buffer is done with, or <see cref="DropStored"/>.</summary>
    public void NoteStored(ulong from, ulong end)
    {
        _stored.Add((from, end));
        StoredBlocks += (long)(end - from);
    }

    /// <summary>Blocks held that are on media already.</summary>
    public long StoredBlocks { get; private set; }

    /// <summary>Gives up what is on media already: storing it again would take space that nobody promised.</summary>
    public void DropStored()
    {
        foreach (var (from, end) in _stored)
            for (var block = from; block < end; block++)
                if (_blocks.Remove(block, out var bytes)) pool.Return(bytes);
        _stored.Clear();
        StoredBlocks = 0;
    }

    /// <summary>Empties the buffer for its next use.</summary>
    public void Clear()
    {
        _stored.Clear();
        StoredBlocks = 0;
        pool.Return(_blocks.Values, _ready.AsSpan(_readyFrom, _readyCount));
        _blocks.Clear();
        (_readyCount, _last) = (0, 0);
    }

    public void Dispose() => Clear();
}
