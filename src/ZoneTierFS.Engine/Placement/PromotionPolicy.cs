namespace ZoneTierFS.Engine.Placement;

/// <summary>
/// Whether a copy on the fast tier pays: the reads it is expected to serve, times what each saves, against the copy's time and the wear of writing it.
/// There is no fixed threshold of heat; the media's own times set it.
/// </summary>
internal static class PromotionPolicy
{
    /// <summary>A chunk stays where it is at least this long, nanoseconds.</summary>
    public const long MinimumResidence = 60L * 1_000_000_000;

    /// <summary>Below this free share of the fast tier nothing is promoted: the rest is for what is written there by right.</summary>
    public const double FreeFractionMin = 0.10;

    /// <summary>From this free share on, space has no price: copies are kept however cold, and new ones need no more than the margin.</summary>
    public const double FreeFractionComfortable = 0.25;

    /// <summary>A promotion must be expected to bring this many times what it costs, as expectations are wrong at times.</summary>
    public const double Margin = 1.5;

    /// <summary>A copy is worth keeping from this part of what a promotion must bring; the gap keeps chunks from going to and fro.</summary>
    public const double KeepFraction = 0.25;

    /// <summary>Wear of one page written, as a multiple of the time that its programming takes.</summary>
    private const double WearPrice = 1.0;

    /// <summary>A chunk that has gone to and fro must bring twice as much each time, up to 2 to this power.</summary>
    private const int PingPongDoublingsMax = 6;

    /// <summary>Decides on a chunk that has no copy on the fast tier.</summary>
    public static PromotionDecision Decide(in PromotionInput input)
    {
        // Short and long: what was read much but no longer is, and what is read for the first minute, both wait.
        double expectedBytes = Math.Min(input.Heat.Short, input.Heat.Long) * HeatTable.LongSeconds;
        if (expectedBytes < input.ChunkBytes)
        {
            return PromotionDecision.TooCold;
        }
        if (input.FastFreeFraction < FreeFractionMin)
        {
            return PromotionDecision.FastTierFull;
        }
        if (input.BackOffNanoseconds > 0)
        {
            return PromotionDecision.BackingOff;
        }
        if (input.ResidenceNanoseconds < MinimumResidence)
        {
            return PromotionDecision.MinimumResidence;
        }
        return Saving(input, expectedBytes) >= Cost(input) * RequiredMargin(input) ? PromotionDecision.Promote : PromotionDecision.NotWorthCopying;
    }

    /// <summary>Decides on a copy that the fast tier holds. Dropping one costs nothing, but a copy dropped too soon must be paid again.</summary>
    public static PromotionDecision DecideOnCopy(in PromotionInput input)
    {
        if (input.FastFreeFraction >= FreeFractionComfortable)
        {
            return PromotionDecision.KeepCopy;
        }
        if (input.ResidenceNanoseconds < MinimumResidence)
        {
            return PromotionDecision.MinimumResidence;
        }
        double expectedBytes = input.Heat.Long * HeatTable.LongSeconds;
        return Saving(input, expectedBytes) >= Cost(input) * Margin * KeepFraction ? PromotionDecision.KeepCopy : PromotionDecision.DropCopy;
    }

    /// <summary>The reason in words for users; "it" is the chunk.</summary>
    public static string Text(PromotionDecision decision) => decision switch
    {
        PromotionDecision.Promote => "it is read often enough for a copy on the fast tier to pay",
        PromotionDecision.TooCold => "it is not expected to be read even once more soon",
        PromotionDecision.NotWorthCopying => "the reads expected save less time than the copy costs in time and wear",
        PromotionDecision.FastTierFull => "the fast tier has no room for copies",
        PromotionDecision.BackingOff => "it was promoted and dropped again lately, and now waits",
        PromotionDecision.MinimumResidence => "it was moved only just now",
        PromotionDecision.KeepCopy => "its copy on the fast tier is still worth the space",
        PromotionDecision.DropCopy => "its copy on the fast tier is no longer worth the space",
        _ => throw new ArgumentOutOfRangeException(nameof(decision), decision, null),
    };

    /// <summary>Microseconds that a copy saves its readers.</summary>
    private static double Saving(in PromotionInput input, double bytes) =>
        bytes / TierTiming.PageBytes * (input.Slow.ReadMicroseconds - input.Fast.ReadMicroseconds);

    /// <summary>Microseconds of device time for the copy, with the wear's price in the same coin.</summary>
    private static double Cost(in PromotionInput input) =>
        (double)input.ChunkBytes / TierTiming.PageBytes * (input.Slow.ReadMicroseconds + (input.Fast.ProgramMicroseconds * (1 + WearPrice)));

    private static double RequiredMargin(in PromotionInput input)
    {
        double scarcity = Math.Max(1, FreeFractionComfortable / input.FastFreeFraction);
        return Margin * scarcity * (1 << Math.Clamp(input.PingPongs, 0, PingPongDoublingsMax));
    }
}
