using Xunit;
using ZoneTierFS.MountTests.Crash;

namespace ZoneTierFS.MountTests;

/// <summary>The daemon is killed under load; `scripts/crash.sh` does it hundreds of times.</summary>
[Trait("Kind", "Volume")]
public sealed class VolumeCrashTests
{
    private readonly List<string> _said = [];

    [Fact]
    public void What_was_acknowledged_is_there_after_kill_upon_kill()
    {
        using var run = Ran(new CrashOptions { Rounds = 2, Seed = 2 });
        Assert.True(run.Failed == 0, string.Join(Environment.NewLine, _said));
        Assert.InRange(run.Acknowledged, 10, long.MaxValue);
    }

    [Theory]
    [InlineData(CrashPlant.Lie)]
    [InlineData(CrashPlant.OldImages)]
    public void A_lost_acknowledgement_is_found(CrashPlant plant)
    {
        using var run = Ran(new CrashOptions { Rounds = 1, Plant = plant });
        Assert.Equal(1, run.Failed);
        var said = Assert.Single(_said);
        Assert.True(said.Contains("is missing", StringComparison.Ordinal), said);
    }

    private CrashRun Ran(CrashOptions options)
    {
        var run = new CrashRun(options, _said.Add);
        run.Run();
        return run;
    }
}
