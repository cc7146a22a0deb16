using Xunit;
using ZoneTierFS.Engine.Placement;

namespace ZoneTierFS.Tests.Placement;

public class PromotionHistoryTests
{
    private const long Minute = 60L * 1_000_000_000;

    [Fact]
    public void An_unknown_chunk_has_no_past()
    {
        PromotionHistory history = new(8);
        Assert.Equal(0, history.PingPongs(1, 0));
        Assert.Equal(0, history.BackOff(1, 0, 0));
        Assert.Equal(long.MaxValue, history.Residence(1, 0, 0));
    }

    [Fact]
    public void The_wait_doubles_with_each_copy_that_did_not_last()
    {
        PromotionHistory history = new(8);
        long now = 0;
        long expected = PromotionHistory.BackOffBase;
        for (int turn = 1; turn <= 20; turn++)
        {
            history.Promoted(1, 5, now);
            Assert.Equal(0, history.BackOff(1, 5, now));
            now += Minute;
            history.Dropped(1, 5, now);
            Assert.Equal(turn, history.PingPongs(1, 5));
            Assert.Equal(expected, history.BackOff(1, 5, now));
            Assert.Equal(expected - Minute, history.BackOff(1, 5, now + Minute));
            now += expected;
            Assert.Equal(0, history.BackOff(1, 5, now));
            expected = Math.Min(expected * 2, PromotionHistory.BackOffBase * 512);
        }
    }

    [Fact]
    public void A_copy_that_lasted_clears_the_count()
    {
        PromotionHistory history = new(8);
        history.Promoted(1, 5, 0);
        history.Dropped(1, 5, Minute);
        history.Promoted(1, 5, 10 * Minute);
        Assert.Equal(1, history.PingPongs(1, 5));
        history.Dropped(1, 5, (10 * Minute) + PromotionHistory.LastingResidence);
        Assert.Equal(0, history.PingPongs(1, 5));
        Assert.Equal(0, history.BackOff(1, 5, (10 * Minute) + PromotionHistory.LastingResidence));
        Assert.Equal(Minute, history.Residence(1, 5, (11 * Minute) + PromotionHistory.LastingResidence));
    }

    [Fact]
    public void The_history_is_bounded_and_forgets_what_moved_longest_ago()
    {
        PromotionHistory history = new(3);
        for (long chunk = 0; chunk < 3; chunk++)
        {
            history.Promoted(1, chunk, chunk);
        }
        history.Dropped(1, 0, 10);
        history.Promoted(1, 3, 11);
        Assert.Equal(3, history.Count);
        Assert.Equal(1, history.PingPongs(1, 0));
        Assert.Equal(long.MaxValue, history.Residence(1, 1, 12));
        Assert.Equal(1, history.Residence(1, 3, 12));
    }
}
