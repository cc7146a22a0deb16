namespace ZoneTierFS.Engine.Placement;

/// <summary>
/// Remembers chunks that were promoted or whose copy was dropped, also after the copy is gone, so that a chunk which keeps going to and fro is left alone
/// for ever longer. Not thread-safe. When full, the chunk that moved longest ago is forgotten.
/// </summary>
internal sealed class PromotionHistory
{
    /// <summary>A copy that is dropped sooner than this was a mistake, nanoseconds.</summary>
    public const long LastingResidence = 30 * Minute;

    /// <summary>The wait after the first mistake, nanoseconds; it doubles with each further one.</summary>
    public const long BackOffBase = Minute;

    private const int BackOffDoublingsMax = 9;
    private const long Minute = 60L * 1_000_000_000;

    private readonly int _entriesMax;
    private readonly Dictionary<(ulong Inode, long Chunk), LinkedListNode<Entry>> _entries;
    private readonly LinkedList<Entry> _byAge = new();

    /// <param name="entriesMax">Chunks that are remembered at most; at least 1.</param>
    public PromotionHistory(int entriesMax)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(entriesMax, 1);
        _entriesMax = entriesMax;
        _entries = [];
    }

    /// <summary>Chunks that are remembered now.</summary>
    public int Count => _entries.Count;

    /// <summary>The chunk got a copy on the fast tier.</summary>
    public void Promoted(ulong inode, long chunk, long nowNanoseconds)
    {
        Entry entry = Find(inode, chunk);
        Store(entry with { MovedAt = nowNanoseconds, IsPromoted = true });
    }

    /// <summary>The chunk's copy on the fast tier was dropped.</summary>
    public void Dropped(ulong inode, long chunk, long nowNanoseconds)
    {
        Entry entry = Find(inode, chunk);
        bool mistake = entry.IsPromoted && nowNanoseconds - entry.MovedAt < LastingResidence;
        Store(entry with { MovedAt = nowNanoseconds, IsPromoted = false, PingPongs = mistake ? entry.PingPongs + 1 : 0 });
    }

    /// <summary>How often in a row a copy was dropped too soon; 0 for a chunk that is not remembered.</summary>
    public int PingPongs(ulong inode, long chunk) => Find(inode, chunk).PingPongs;

    /// <summary>How long the chunk must still not be promoted, nanoseconds; 0 for none.</summary>
    public long BackOff(ulong inode, long chunk, long nowNanoseconds)
    {
        Entry entry = Find(inode, chunk);
        if (entry.PingPongs == 0 || entry.IsPromoted)
        {
            return 0;
        }
        long wait = BackOffBase << Math.Min(entry.PingPongs - 1, BackOffDoublingsMax);
        return Math.Max(0, entry.MovedAt + wait - nowNanoseconds);
    }

    /// <summary>How long ago the chunk was promoted or dropped, nanoseconds; <see cref="long.MaxValue"/> for one that is not remembered.</summary>
    public long Residence(ulong inode, long chunk, long nowNanoseconds) =>
        _entries.TryGetValue((inode, chunk), out LinkedListNode<Entry>? node) ? Math.Max(0, nowNanoseconds - node.Value.MovedAt) : long.MaxValue;

    private Entry Find(ulong inode, long chunk) =>
        _entries.TryGetValue((inode, chunk), out LinkedListNode<Entry>? node) ? node.Value : new Entry(inode, chunk, 0, false, 0);

    private void Store(Entry entry)
    {
        if (_entries.TryGetValue((entry.Inode, entry.Chunk), out LinkedListNode<Entry>? node))
        {
            node.Value = entry;
            _byAge.Remove(node);
            _byAge.AddLast(node);
            return;
        }
        if (_byAge.Count == _entriesMax && _byAge.First is { } oldest)
        {
            _entries.Remove((oldest.Value.Inode, oldest.Value.Chunk));
            _byAge.RemoveFirst();
        }
        _entries[(entry.Inode, entry.Chunk)] = _byAge.AddLast(entry);
    }

    private readonly record struct Entry(ulong Inode, long Chunk, long MovedAt, bool IsPromoted, int PingPongs);
}
