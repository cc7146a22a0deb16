using Xunit;
using ZoneTierFS.Simulation.Stress;
using ZoneTierFS.Tests.Concurrency;

namespace ZoneTierFS.Tests.Engine;

/// <summary>Real threads on one volume, with the order of locks watched. `ZoneTierFS.Simulation --threads 16` runs for longer.</summary>
[Collection(LockWatch.Name)]
public sealed class VolumeStressTests
{
    [Fact]
    public async Task Sixteen_threads_on_one_small_volume_break_nothing()
    {
        using var stress = new ThreadedStress(new StressOptions { Operations = 500 });
        await stress.RunAsync();
        Assert.InRange(stress.Operations, 16 * 500, long.MaxValue);
    }

    [Fact]
    public async Task With_memory_for_one_write_all_wait_and_all_get_on()
    {
        using var stress = new ThreadedStress(new StressOptions { Operations = 200, DirtyBytesMax = 64 << 10, WriteBytesMax = 200_000 });
        await stress.RunAsync();
        Assert.InRange(stress.Operations, 16 * 200, long.MaxValue);
    }

    [Fact]
    public async Task Threads_that_wait_for_what_never_comes_are_named()
    {
        using var stress = new ThreadedStress(new StressOptions { Threads = 3, StallAfter = 500, Patience = TimeSpan.FromSeconds(1) });
        var stuck = await Assert.ThrowsAsync<StressException>(stress.RunAsync);
        Assert.StartsWith("Nobody gets on: thread 0 in ", stuck.Message, StringComparison.Ordinal);
        Assert.Contains("; thread 2 in ", stuck.Message, StringComparison.Ordinal);
    }
}
