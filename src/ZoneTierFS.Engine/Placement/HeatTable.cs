using System.Numerics;

namespace ZoneTierFS.Engine.Placement;

/// <summary>
/// Who reads what how often: for each (inode, chunk) two exponentially decaying averages of bytes read. A first pass over a chunk is a scan and counts
/// as no heat, or else loading a model once would make all of it hot; only bytes that were read before, within the last half hour or so, count.
/// </summary>
/// <remarks>
/// Not thread-safe: the caller holds a lock. Memory, about 80 bytes an entry, grows by doubling with what is remembered. Entries hang in two hash chains:
/// by (inode, chunk), and by inode alone so that a deleted file is forgotten without a search. Chains are made of indexes, so that no entry ever moves.
/// </remarks>
internal sealed class HeatTable
{
    public const int ChunkBytes = 4 << 20;
    public const double ShortSeconds = 30;
    public const double LongSeconds = 1800;

    private const long TickNanoseconds = 1_000_000_000;
    private const int None = -1;

    /// <summary>How many entries are looked at to find a cold one when the table is full.</summary>
    private const int EvictionSample = 8;

    /// <summary>Room to begin with: most volumes read a few hundred chunks, not the most that there may be.</summary>
    private const int EntriesMin = 64;

    private readonly int _entriesMax;
    private HeatEntry[] _entries;
    private int[] _byChunk;
    private int[] _byInode;
    private int _used;
    private int _free = None;
    private int _evictionCursor;

    /// <param name="entriesMax">Chunks that are remembered at most; beyond that, cold ones are forgotten. 1 to 16 million.</param>
    public HeatTable(int entriesMax)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(entriesMax, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(entriesMax, 1 << 24);
        _entriesMax = entriesMax;
        _entries = new HeatEntry[Math.Min(EntriesMin, entriesMax)];
        _byChunk = NewChains(_entries.Length);
        _byInode = NewChains(_entries.Length);
    }

    /// <summary>Chunks that are remembered now.</summary>
    public int Count { get; private set; }

    /// <summary>Notes a read. Allocates nothing, except to remember twice as much.</summary>
    /// <param name="offset">Bytes from the file's start.</param>
    /// <param name="bytes">Bytes that were read; nothing happens for 0.</param>
    /// <param name="nowNanoseconds">A monotonic clock; a step back counts as no time passed.</param>
    public void Record(ulong inode, long offset, int bytes, long nowNanoseconds)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        long tick = nowNanoseconds / TickNanoseconds;
        while (bytes > 0)
        {
            long chunk = offset / ChunkBytes;
            int within = (int)(offset % ChunkBytes);
            int part = Math.Min(bytes, ChunkBytes - within);
            int index = Find(inode, chunk);
            if (index == None)
            {
                index = Insert(inode, chunk, tick);
            }
            _entries[index].Add(within, part, tick);
            offset += part;
            bytes -= part;
        }
    }

    /// <summary>The heat of one chunk; zero for one that is not remembered.</summary>
    public HeatSample Get(ulong inode, long chunk, long nowNanoseconds)
    {
        int index = Find(inode, chunk);
        return index == None ? default : _entries[index].HeatAt(nowNanoseconds / TickNanoseconds);
    }

    /// <summary>The heat of a file: the sum over its chunks.</summary>
    public HeatSample Sum(ulong inode, long nowNanoseconds)
    {
        long tick = nowNanoseconds / TickNanoseconds;
        double brief = 0;
        double lasting = 0;
        for (int index = _byInode[InodeBucket(inode)]; index != None; index = _entries[index].NextOfInode)
        {
            if (_entries[index].Inode == inode)
            {
                HeatSample heat = _entries[index].HeatAt(tick);
                brief += heat.Short;
                lasting += heat.Long;
            }
        }
        return new HeatSample(brief, lasting);
    }

    /// <summary>Forgets a file: it was deleted or truncated.</summary>
    public void Forget(ulong inode)
    {
        int index = _byInode[InodeBucket(inode)];
        while (index != None)
        {
            int next = _entries[index].NextOfInode;
            if (_entries[index].Inode == inode)
            {
                Remove(index);
            }
            index = next;
        }
    }

    /// <summary>Writes the hottest chunks, hottest first, and returns how many there are; chunks without heat are left out.</summary>
    public int TopChunks(long nowNanoseconds, Span<HotChunk> into)
    {
        long tick = nowNanoseconds / TickNanoseconds;
        int found = 0;
        for (int index = 0; index < _used && into.Length > 0; index++)
        {
            ref HeatEntry entry = ref _entries[index];
            // Heat only ever falls between reads: an entry that was too cold when last read needs no decay computed.
            if (entry.RankAtLastRead == 0 || (found == into.Length && entry.RankAtLastRead <= into[0].Heat.Rank))
            {
                continue;
            }
            HotChunk chunk = new(entry.Inode, entry.Chunk, entry.HeatAt(tick));
            if (found < into.Length)
            {
                SiftUp(into, found++, chunk);
            }
            else if (chunk.Heat.Rank > into[0].Heat.Rank)
            {
                SiftDown(into, chunk);
            }
        }
        into[..found].Sort(static (a, b) => b.Heat.Rank.CompareTo(a.Heat.Rank));
        return found;
    }

    /// <summary>The output serves as a heap with the coldest of the chosen chunks on top.</summary>
    private static void SiftUp(Span<HotChunk> heap, int at, HotChunk chunk)
    {
        while (at > 0 && heap[(at - 1) / 2].Heat.Rank > chunk.Heat.Rank)
        {
            heap[at] = heap[(at - 1) / 2];
            at = (at - 1) / 2;
        }
        heap[at] = chunk;
    }

    private static void SiftDown(Span<HotChunk> heap, HotChunk chunk)
    {
        int at = 0;
        for (int child = 1; child < heap.Length; child = (2 * at) + 1)
        {
            if (child + 1 < heap.Length && heap[child + 1].Heat.Rank < heap[child].Heat.Rank)
            {
                child++;
            }
            if (heap[child].Heat.Rank >= chunk.Heat.Rank)
            {
                break;
            }
            heap[at] = heap[child];
            at = child;
        }
        heap[at] = chunk;
    }

    private int Find(ulong inode, long chunk)
    {
        int index = _byChunk[ChunkBucket(inode, chunk)];
        while (index != None && (_entries[index].Inode != inode || _entries[index].Chunk != chunk))
        {
            index = _entries[index].NextOfChunk;
        }
        return index;
    }

    private int Insert(ulong inode, long chunk, long tick)
    {
        if (Count == _entries.Length)
        {
            if (Count < _entriesMax)
            {
                Grow();
            }
            else
            {
                Remove(ColdestOfSample(tick));
            }
        }
        int index = _free;
        if (index == None)
        {
            index = _used++;
        }
        else
        {
            _free = _entries[index].NextOfChunk;
        }
        _entries[index] = new HeatEntry(inode, chunk, tick);
        Link(index);
        Count++;
        return index;
    }

    private void Link(int index)
    {
        ref HeatEntry entry = ref _entries[index];
        ref int chunkHead = ref _byChunk[ChunkBucket(entry.Inode, entry.Chunk)];
        ref int inodeHead = ref _byInode[InodeBucket(entry.Inode)];
        entry.NextOfChunk = chunkHead;
        entry.NextOfInode = inodeHead;
        entry.PreviousOfInode = None;
        if (inodeHead != None)
        {
            _entries[inodeHead].PreviousOfInode = index;
        }
        chunkHead = index;
        inodeHead = index;
    }

    /// <summary>Only called while every entry is in use.</summary>
    private void Grow()
    {
        Array.Resize(ref _entries, (int)Math.Min(2L * _entries.Length, _entriesMax));
        _byChunk = NewChains(_entries.Length);
        _byInode = NewChains(_entries.Length);
        for (int index = 0; index < _used; index++)
        {
            Link(index);
        }
    }

    private void Remove(int index)
    {
        HeatEntry entry = _entries[index];
        ref int link = ref _byChunk[ChunkBucket(entry.Inode, entry.Chunk)];
        while (link != index)
        {
            link = ref _entries[link].NextOfChunk;
        }
        link = entry.NextOfChunk;
        if (entry.NextOfInode != None)
        {
            _entries[entry.NextOfInode].PreviousOfInode = entry.PreviousOfInode;
        }
        if (entry.PreviousOfInode != None)
        {
            _entries[entry.PreviousOfInode].NextOfInode = entry.NextOfInode;
        }
        else
        {
            _byInode[InodeBucket(entry.Inode)] = entry.NextOfInode;
        }
        _entries[index] = new HeatEntry { NextOfChunk = _free };
        _free = index;
        Count--;
    }

    /// <summary>Only called while every entry is in use.</summary>
    private int ColdestOfSample(long tick)
    {
        int coldest = None;
        double lowest = double.PositiveInfinity;
        for (int i = 0; i < Math.Min(EvictionSample, _entries.Length); i++)
        {
            _evictionCursor = _evictionCursor + 1 < _entries.Length ? _evictionCursor + 1 : 0;
            double rank = _entries[_evictionCursor].HeatAt(tick).Rank;
            if (rank < lowest)
            {
                lowest = rank;
                coldest = _evictionCursor;
            }
        }
        return coldest;
    }

    private static int[] NewChains(int entries)
    {
        int[] heads = new int[(int)BitOperations.RoundUpToPowerOf2((uint)entries)];
        Array.Fill(heads, None);
        return heads;
    }

    private int ChunkBucket(ulong inode, long chunk) => Bucket((inode * 0x9E3779B97F4A7C15) ^ ((ulong)chunk * 0xC2B2AE3D27D4EB4F), _byChunk.Length);

    private int InodeBucket(ulong inode) => Bucket(inode * 0x9E3779B97F4A7C15, _byInode.Length);

    /// <summary>Multiplication mixes towards the high bits, so these are folded into the low ones that choose the chain.</summary>
    private static int Bucket(ulong hash, int length) => (int)((hash ^ (hash >> 32)) & (ulong)(length - 1));
}
