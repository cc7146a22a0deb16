using ZoneTierFS.Benchmarks.Measuring;

namespace ZoneTierFS.Benchmarks.Suites.Fuse;

/// <summary>A workload with what is expected of it.</summary>
/// <param name="RamMin">What the ratio to ext4 is to reach on the RAM disk, or null.</param>
/// <param name="DiskMin">The same on the disk.</param>
internal sealed record FuseRow(string Name, Workload Workload, double? RamMin, double? DiskMin)
{
    /// <summary>The figure is operations, not megabytes, per second.</summary>
    public bool CountsOperations { get; init; }

    /// <summary>Processor time has rows of its own.</summary>
    public bool JudgesCpu { get; init; }

    public string Unit => CountsOperations ? "1/s" : "MB/s";

    public string CpuUnit => CountsOperations ? "µs/op" : "s/GiB";

    public double? RatioMin(Medium medium) => medium == Medium.Ram ? RamMin : DiskMin;

    public double Figure(Sample sample) => CountsOperations ? sample.OperationsPerSecond : sample.MegabytesPerSecond;

    public double Cpu(Sample sample) => CountsOperations ? sample.CpuMicrosecondsPerOperation : sample.CpuSecondsPerGibibyte;
}
