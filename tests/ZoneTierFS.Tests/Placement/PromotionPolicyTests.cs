using Xunit;
using ZoneTierFS.Engine.Placement;

namespace ZoneTierFS.Tests.Placement;

public class PromotionPolicyTests
{
    /// <summary>A layer that is read in full every two seconds, for long enough.</summary>
    private static readonly PromotionInput s_hot = new() { Heat = PassesPerHalfHour(900), ChunkBytes = HeatTable.ChunkBytes, FastFreeFraction = 0.5 };

    [Fact]
    public void What_is_read_again_and_again_is_promoted() => Assert.Equal(PromotionDecision.Promote, PromotionPolicy.Decide(s_hot));

    [Fact]
    public void The_break_even_lies_where_the_media_put_it()
    {
        double perRead = TierTiming.Qlc.ReadMicroseconds - TierTiming.Tlc.ReadMicroseconds;
        double copy = TierTiming.Qlc.ReadMicroseconds + (2 * TierTiming.Tlc.ProgramMicroseconds);
        double passes = copy / perRead * PromotionPolicy.Margin;
        Assert.InRange(passes, 15, 40);
        Assert.Equal(PromotionDecision.NotWorthCopying, PromotionPolicy.Decide(s_hot with { Heat = PassesPerHalfHour(passes * 0.99) }));
        Assert.Equal(PromotionDecision.Promote, PromotionPolicy.Decide(s_hot with { Heat = PassesPerHalfHour(passes * 1.01) }));
    }

    [Fact]
    public void Both_recent_and_lasting_heat_are_needed()
    {
        Assert.Equal(PromotionDecision.TooCold, PromotionPolicy.Decide(s_hot with { Heat = s_hot.Heat with { Short = 0 } }));
        Assert.Equal(PromotionDecision.TooCold, PromotionPolicy.Decide(s_hot with { Heat = s_hot.Heat with { Long = 0 } }));
        Assert.Equal(PromotionDecision.TooCold, PromotionPolicy.Decide(s_hot with { Heat = default }));
    }

    [Fact]
    public void A_fast_tier_that_reads_no_faster_gets_no_copies() =>
        Assert.Equal(PromotionDecision.NotWorthCopying, PromotionPolicy.Decide(s_hot with { Fast = TierTiming.Qlc }));

    [Fact]
    public void A_full_fast_tier_a_recent_move_and_a_back_off_each_prevent_promotion()
    {
        Assert.Equal(PromotionDecision.FastTierFull, PromotionPolicy.Decide(s_hot with { FastFreeFraction = 0.05 }));
        Assert.Equal(PromotionDecision.FastTierFull, PromotionPolicy.Decide(s_hot with { FastFreeFraction = 0 }));
        Assert.Equal(PromotionDecision.MinimumResidence, PromotionPolicy.Decide(s_hot with { ResidenceNanoseconds = PromotionPolicy.MinimumResidence - 1 }));
        Assert.Equal(PromotionDecision.BackingOff, PromotionPolicy.Decide(s_hot with { BackOffNanoseconds = 1 }));
    }

    [Fact]
    public void More_heat_more_room_and_fewer_ping_pongs_never_turn_a_promotion_down()
    {
        Random random = new(17);
        int promotions = 0;
        for (int i = 0; i < 5_000; i++)
        {
            PromotionInput input = s_hot with
            {
                Heat = PassesPerHalfHour(random.NextDouble() * 200),
                FastFreeFraction = random.NextDouble(),
                PingPongs = random.Next(40),
            };
            if (PromotionPolicy.Decide(input) == PromotionDecision.Promote)
            {
                promotions++;
                PromotionInput better = input with
                {
                    Heat = new HeatSample(input.Heat.Short * 1.5, input.Heat.Long * 1.1),
                    FastFreeFraction = Math.Min(1, input.FastFreeFraction * 1.2),
                    PingPongs = random.Next(input.PingPongs + 1),
                };
                Assert.Equal(PromotionDecision.Promote, PromotionPolicy.Decide(better));
            }
        }
        Assert.InRange(promotions, 100, 4_900);
    }

    [Fact]
    public void A_chunk_just_promoted_is_never_dropped_at_the_heat_that_promoted_it()
    {
        Random random = new(19);
        for (int i = 0; i < 2_000; i++)
        {
            PromotionInput input = s_hot with { Heat = PassesPerHalfHour(random.NextDouble() * 100), FastFreeFraction = random.NextDouble() };
            if (PromotionPolicy.Decide(input) == PromotionDecision.Promote)
            {
                Assert.Equal(PromotionDecision.KeepCopy, PromotionPolicy.DecideOnCopy(input));
            }
        }
    }

    [Fact]
    public void A_cold_copy_is_dropped_only_when_space_is_wanted()
    {
        PromotionInput cold = s_hot with { Heat = default, FastFreeFraction = 0.2 };
        Assert.Equal(PromotionDecision.DropCopy, PromotionPolicy.DecideOnCopy(cold));
        Assert.Equal(PromotionDecision.KeepCopy, PromotionPolicy.DecideOnCopy(cold with { FastFreeFraction = 0.3 }));
        Assert.Equal(PromotionDecision.MinimumResidence, PromotionPolicy.DecideOnCopy(cold with { ResidenceNanoseconds = 0 }));
        Assert.Equal(PromotionDecision.KeepCopy, PromotionPolicy.DecideOnCopy(cold with { Heat = s_hot.Heat with { Short = 0 } }));
    }

    [Fact]
    public void Every_decision_has_words_of_its_own()
    {
        string[] texts = [.. Enum.GetValues<PromotionDecision>().Select(PromotionPolicy.Text)];
        Assert.Equal(texts.Length, texts.Distinct().Count());
        Assert.Throws<ArgumentOutOfRangeException>(() => PromotionPolicy.Text((PromotionDecision)99));
    }

    private static HeatSample PassesPerHalfHour(double passes)
    {
        double rate = passes * HeatTable.ChunkBytes / HeatTable.LongSeconds;
        return new HeatSample(rate, rate);
    }
}
