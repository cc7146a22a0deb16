namespace ZoneTierFS.Engine.Extents;

/// <summary>
/// Watches how one open file is read: a program that asks for piece after piece, and for the next only when it has the last, leaves the device idle in between.
/// Several requests under way mean that somebody else reads ahead already, such as the kernel for its page cache.
/// </summary>
internal sealed class ReadStream
{
    private const int SequentialAfter = 3;
    private const int UnderWayMax = 2;

    private long _next;
    private int _streak;
    private int _underWay;

    /// <summary>The first block that was not read ahead yet. Under the gate of <see cref="ReadAhead"/>.</summary>
    public ulong AheadBlock { get; set; }

    /// <summary>A request begins. True: reading ahead of it pays.</summary>
    public bool Enter(long offset, int length)
    {
        var follows = Interlocked.Exchange(ref _next, offset + length) == offset;
        // Two threads may both count one streak; it decides about speed only.
        _streak = Interlocked.Increment(ref _underWay) <= UnderWayMax && follows ? Math.Min(_streak + 1, SequentialAfter) : 0;
        return _streak == SequentialAfter;
    }

    public void Exit() => Interlocked.Decrement(ref _underWay);
}
