using Xunit;
using ZoneTierFS.Engine;
using ZoneTierFS.Simulation;

namespace ZoneTierFS.Tests.Simulation;

/// <summary>Mistakes that the engine is told to make: each is found within the stated number of seeds, or the simulation is blind to its kind.</summary>
public class PlantedEngineBugTests
{
    private const int SweepOneOf = 10;

    [Theory]
    [InlineData(nameof(PlantedBug.UnflushedData), 6)]
    [InlineData(nameof(PlantedBug.EarlyReset), 6)]
    [InlineData(nameof(PlantedBug.SplitRename), 6)]
    [InlineData(nameof(PlantedBug.BlindReplay), 6)]
    public void AMistakeIsFound(string bug, int seeds)
    {
        var options = new SimulationOptions { SweepOneOf = SweepOneOf, Planted = Enum.Parse<PlantedBug>(bug) };
        Assert.Contains(Enumerable.Range(1, seeds), seed => SeedRun.Run((ulong)seed, options).Failure is not null);
    }
}
