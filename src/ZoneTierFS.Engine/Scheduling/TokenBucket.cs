namespace ZoneTierFS.Engine.Scheduling;

/// <summary>
/// Limits a flow of bytes to a rate, with bursts. Kept as the one moment at which the bucket was, or will be, empty; what it holds follows from the clock,
/// so no fraction of a byte is lost to rounding. Not thread-safe.
/// </summary>
internal sealed class TokenBucket
{
    private const long Second = 1_000_000_000;

    private readonly long _bytesPerSecond;
    private readonly long _burstBytes;
    private readonly long _burstNanoseconds;
    private long _emptyAt;

    /// <param name="bytesPerSecond">0 lets nothing pass.</param>
    /// <param name="burstBytes">What may pass at once after a rest; the bucket starts full. At least 1.</param>
    /// <param name="nowNanoseconds">The same monotonic clock as in later calls.</param>
    public TokenBucket(long bytesPerSecond, long burstBytes, long nowNanoseconds)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytesPerSecond);
        ArgumentOutOfRangeException.ThrowIfLessThan(burstBytes, 1);
        _bytesPerSecond = bytesPerSecond;
        _burstBytes = burstBytes;
        _burstNanoseconds = bytesPerSecond == 0 ? 0 : Nanoseconds(burstBytes);
        _emptyAt = nowNanoseconds - _burstNanoseconds;
    }

    /// <summary>
    /// Takes the bytes if the bucket holds them. A request larger than the burst passes when the bucket is full, and is paid off afterwards:
    /// otherwise it never could.
    /// </summary>
    public bool TryTake(long bytes, long nowNanoseconds)
    {
        if (Wait(bytes, nowNanoseconds) > 0)
        {
            return false;
        }
        if (bytes > 0)
        {
            _emptyAt = Math.Max(_emptyAt, nowNanoseconds - _burstNanoseconds) + Nanoseconds(bytes);
        }
        return true;
    }

    /// <summary>
    /// Nanoseconds until <see cref="TryTake"/> of so many bytes succeeds if nothing is taken meanwhile; 0 for at once, <see cref="long.MaxValue"/> for never.
    /// </summary>
    public long Wait(long bytes, long nowNanoseconds)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        if (bytes == 0)
        {
            return 0;
        }
        return _bytesPerSecond == 0 ? long.MaxValue : Math.Max(0, _emptyAt + Nanoseconds(Math.Min(bytes, _burstBytes)) - nowNanoseconds);
    }

    /// <summary>The time that so many bytes take at the rate, rounded up: the flow is never faster than the rate.</summary>
    private long Nanoseconds(long bytes) => checked((long)((((Int128)bytes * Second) + _bytesPerSecond - 1) / _bytesPerSecond));
}
