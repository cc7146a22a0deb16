using Xunit;
using ZoneTierFS.Simulation;

namespace ZoneTierFS.Tests.Simulation;

/// <summary>The engine in the simulator: a few seeds of the many that the simulation program runs, and proof that they can fail.</summary>
public class SimulatedVolumeTests
{
    private const int SmokeSeeds = 12;

    [Fact]
    public void AFewSeedsPass()
        => Assert.All(Enumerable.Range(1, SmokeSeeds), seed => Assert.Null(SeedRun.Run((ulong)seed, new SimulationOptions()).Failure));

    [Fact]
    public void ASeedRunsTheSameWayEveryTime()
    {
        for (ulong seed = 100; seed < 105; seed++)
        {
            Assert.Equal(SeedRun.Run(seed, new SimulationOptions()), SeedRun.Run(seed, new SimulationOptions()));
        }
    }

    [Fact]
    public void ADeviceThatLiesAboutItsFlushIsFoundOut()
        => Assert.Contains(Enumerable.Range(1, 10), seed => SeedRun.Run((ulong)seed, new SimulationOptions { FlushLies = true }).Failure is not null);
}
