namespace ZoneTierFS.Engine.Placement;

/// <summary>One chunk in the <see cref="HeatTable"/>: its averages, and which parts of it have been read lately.</summary>
internal struct HeatEntry
{
    /// <summary>A chunk is watched in 64 parts, one bit each.</summary>
    private const int PartBytes = HeatTable.ChunkBytes / 64;

    /// <summary>A read of a part counts as a repetition for at least one and at most two times this long.</summary>
    private const long SeenTicks = (long)HeatTable.LongSeconds / 2;

    private static readonly double s_shortDecay = Math.Exp(-1 / HeatTable.ShortSeconds);
    private static readonly double s_longDecay = Math.Exp(-1 / HeatTable.LongSeconds);

    public ulong Inode;
    public long Chunk;
    public int NextOfChunk;
    public int NextOfInode;
    public int PreviousOfInode;

    /// <summary>Where the newest first pass has got to, bytes from the chunk's start: the part around it is read only up to here.</summary>
    private int _scanEnd;
    private float _short;
    private float _long;
    private long _tick;
    private long _seenSince;
    private ulong _seen;
    private ulong _seenBefore;

    public HeatEntry(ulong inode, long chunk, long tick)
    {
        Inode = inode;
        Chunk = chunk;
        _tick = tick;
        _seenSince = tick;
    }

    public readonly float RankAtLastRead => _short + _long;

    /// <summary>Notes that <paramref name="bytes"/> bytes at <paramref name="offset"/> within the chunk were read.</summary>
    public void Add(int offset, int bytes, long tick)
    {
        if (tick > _tick)
        {
            HeatSample now = HeatAt(tick);
            _short = (float)now.Short;
            _long = (float)now.Long;
            _tick = tick;
        }
        if (tick - _seenSince >= SeenTicks)
        {
            _seenBefore = tick - _seenSince >= 2 * SeenTicks ? 0 : _seen;
            _seen = 0;
            _seenSince = tick;
        }
        int repeated = TakeRepeated(offset, bytes);
        _short += (float)(repeated * (1 - s_shortDecay));
        _long += (float)(repeated * (1 - s_longDecay));
    }

    /// <summary>The averages decayed to a tick; before the last read they are what they were then.</summary>
    public readonly HeatSample HeatAt(long tick)
    {
        long age = tick - _tick;
        return age <= 0 || RankAtLastRead == 0
            ? new HeatSample(_short, _long)
            : new HeatSample(_short * Math.Exp(-age / HeatTable.ShortSeconds), _long * Math.Exp(-age / HeatTable.LongSeconds));
    }

    /// <summary>How many of the bytes were read before; marks all of them as read.</summary>
    private int TakeRepeated(int offset, int bytes)
    {
        int end = offset + bytes;
        int repeated = 0;
        for (int part = offset / PartBytes; part * PartBytes < end; part++)
        {
            int from = Math.Max(offset, part * PartBytes);
            int to = Math.Min(end, (part + 1) * PartBytes);
            ulong bit = 1UL << part;
            if (((_seen | _seenBefore) & bit) != 0)
            {
                // A pass in small steps comes back to the part that it is in: there only what lies before its end is a repetition.
                int known = part == _scanEnd / PartBytes ? Math.Min(to, _scanEnd) : to;
                repeated += Math.Max(0, known - from);
                _scanEnd = known < to ? to : _scanEnd;
            }
            else
            {
                _scanEnd = to;
            }
            _seen |= bit;
        }
        return repeated;
    }
}
