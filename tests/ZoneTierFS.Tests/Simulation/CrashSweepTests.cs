using Xunit;
using ZoneTierFS.Engine;
using ZoneTierFS.Simulation;

namespace ZoneTierFS.Tests.Simulation;

/// <summary>Power cuts at many moments of a life: that they come everywhere, change nothing, and find what is wrong.</summary>
public class CrashSweepTests
{
    [Fact]
    public void CrashPointsComeInEveryPhase()
    {
        var crashes = new PhaseCounts();
        var points = new PhaseCounts();
        for (ulong seed = 16; seed <= 25; seed++)
        {
            SeedResult result = SeedRun.Run(seed, new SimulationOptions { SweepOneOf = 10 });
            Assert.Null(result.Failure);
            crashes.Add(result.Phases);
            points.Add(result.PointPhases);
        }

        Assert.All(Enum.GetValues<CrashPhase>(), phase => Assert.True(crashes[phase] + points[phase] > 0, $"none in {phase}: {crashes}; {points}"));
    }

    [Fact]
    public void ASweepChangesNothingOfTheSeed()
    {
        for (ulong seed = 20; seed < 23; seed++)
        {
            SeedResult swept = SeedRun.Run(seed, new SimulationOptions { SweepOneOf = 10 });
            Assert.True(swept.CrashPoints > 0);
            Assert.Equal(SeedRun.Run(seed, new SimulationOptions()), swept with { CrashPoints = 0, PointPhases = new PhaseCounts() });
            Assert.Equal(swept, SeedRun.Run(seed, new SimulationOptions { SweepOneOf = 10 }));
        }
    }

    [Fact]
    public void SpoiledBlocksGiveErrorsAndNoWrongBytes()
        => Assert.All(Enumerable.Range(30, 8), seed => Assert.Null(SeedRun.Run((ulong)seed, new SimulationOptions { MediaFaults = true }).Failure));
}
