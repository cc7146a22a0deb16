using ZoneTierFS.Benchmarks.Clients;

namespace ZoneTierFS.Benchmarks.Measuring;

/// <summary>One measured run.</summary>
/// <param name="CpuSeconds">Processor time of client and daemon.</param>
/// <param name="OthersShare">Share of the machine's processors that other programs took meanwhile, 0 to 1.</param>
internal sealed record Sample(ClientResult Client, double CpuSeconds, double OthersShare)
{
    public double MegabytesPerSecond => Client.Bytes / 1e6 / Client.Seconds;

    public double OperationsPerSecond => Client.Operations / Client.Seconds;

    public double CpuSecondsPerGibibyte => CpuSeconds / (Client.Bytes / (double)(1L << 30));
}
