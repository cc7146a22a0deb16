using Xunit;
using ZoneTierFS.Engine.Placement;

namespace ZoneTierFS.Tests.Placement;

public class VictimPolicyTests
{
    private const long Capacity = 1L << 30;

    [Fact]
    public void A_nearly_empty_zone_comes_first_however_young()
    {
        ZoneFacts[] zones = [Zone(0, 0.10, long.MaxValue), Zone(1, 0.009, 0), Zone(2, 0.005, 0), Zone(3, 0.5, long.MaxValue)];
        Assert.All(Enum.GetValues<CleaningPace>(), pace => Assert.Equal(2, VictimPolicy.Choose(zones, pace)));
    }

    [Fact]
    public void A_slower_pace_leaves_the_poorer_bargains()
    {
        ZoneFacts[] zones = [Zone(0, 0.99, 1000), Zone(1, 1.0, 1_000_000)];
        Assert.Equal(0, VictimPolicy.Choose(zones, CleaningPace.Boosted));
        Assert.Equal(-1, VictimPolicy.Choose(zones, CleaningPace.Normal));
        Assert.Equal(1, VictimPolicy.Choose([zones[0], Zone(2, 0.8, 1)], CleaningPace.Normal));
        Assert.Equal(-1, VictimPolicy.Choose([], CleaningPace.Boosted));
    }

    [Fact]
    public void The_choice_is_the_best_by_cost_and_benefit()
    {
        Random random = new(23);
        for (int round = 0; round < 500; round++)
        {
            ZoneFacts[] zones = [.. Enumerable.Range(0, 12).Select(i => Zone(i, random.NextDouble(), random.NextInt64(1_000_000)))];
            ZoneFacts chosen = zones[VictimPolicy.Choose(zones, CleaningPace.Boosted)];
            Assert.All(zones, other => Assert.False(
                other.Utilisation < chosen.Utilisation && other.Age > chosen.Age, $"{other} beats {chosen} in both"));
            double best = zones.Max(zone => VictimPolicy.Score(zone));
            Assert.Equal(best, VictimPolicy.Score(chosen));
        }
    }

    [Fact]
    public void The_score_is_the_formula()
    {
        Assert.Equal(0.5 * 1001 / 1.5, VictimPolicy.Score(Zone(0, 0.5, 1000)), 1e-9);
        Assert.Equal(0, VictimPolicy.Score(Zone(0, 1, 1000)));
    }

    private static ZoneFacts Zone(int zone, double live, long age) => new(zone, (long)(Capacity * live), Capacity, age);
}
