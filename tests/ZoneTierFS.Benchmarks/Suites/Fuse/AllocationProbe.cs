using ZoneTierFS.Benchmarks.Measuring;
using ZoneTierFS.Benchmarks.Reporting;

namespace ZoneTierFS.Benchmarks.Suites.Fuse;

/// <summary>How much managed memory the daemon allocates for each read and write in steady state; the aim is none.</summary>
internal sealed class AllocationProbe(Place mounted)
{
    private const int Operations = 20_000;

    /// <summary>Code is compiled and buffers are filled on the first; the maps of the zones that writes fill grow on the others, and are used again.</summary>
    private const int WarmUpRuns = 4;

    /// <summary>The smallest object takes 24 bytes. What is below belongs to timers and to the batches of the write-back, and not to each call.</summary>
    private const double BytesPerOperationMax = 8;

    public static IReadOnlyList<(string Name, Workload Workload)> Rows { get; } =
    [
        ("allocated per 4 KiB read, O_DIRECT", FuseRows.SmallReads(Operations)),
        ("allocated per 4 KiB write", FuseRows.SmallOverwrites(Operations)),
    ];

    public BenchmarkRow Measure(string name, Workload workload)
    {
        for (int run = 0; run < WarmUpRuns; run++)
            Sampler.Measure(workload, mounted);
        long first = MountStatus.AllocatedBytes(mounted.Folder);
        long before = MountStatus.AllocatedBytes(mounted.Folder);
        Sampler.Measure(workload, mounted);
        long after = MountStatus.AllocatedBytes(mounted.Folder);
        // Asking allocates, too.
        long asking = before - first;
        return BenchmarkRow.Alone(FuseSuite.Name, name, Math.Max(0, after - before - asking) / (double)Operations, "bytes", BytesPerOperationMax);
    }
}
