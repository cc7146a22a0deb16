namespace ZoneTierFS.Engine.Placement;

/// <summary>What the decision on one chunk depends on.</summary>
internal readonly record struct PromotionInput
{
    public PromotionInput()
    {
    }

    public required HeatSample Heat { get; init; }

    /// <summary>Bytes of the chunk that would be copied; the last chunk of a file is smaller.</summary>
    public required long ChunkBytes { get; init; }

    /// <summary>Free share of the fast tier, 0 to 1, after the copies already decided on.</summary>
    public required double FastFreeFraction { get; init; }

    public TierTiming Fast { get; init; } = TierTiming.Tlc;
    public TierTiming Slow { get; init; } = TierTiming.Qlc;

    /// <summary>How long the chunk has been where it is, nanoseconds.</summary>
    public long ResidenceNanoseconds { get; init; } = long.MaxValue;

    /// <summary>How often in a row the chunk was promoted and dropped again soon.</summary>
    public int PingPongs { get; init; }

    /// <summary>How long the chunk must not be promoted after such a turn, nanoseconds; 0 for none.</summary>
    public long BackOffNanoseconds { get; init; }
}
