using ZoneTierFS.Benchmarks.Clients;

namespace ZoneTierFS.Benchmarks.Measuring;

/// <summary>One measured run.</summary>
/// <param name="DaemonCpuSeconds">Processor time of the process that serves the place, user and system.</param>
/// <param name="OthersShare">Share of the machine's processors that other programs took meanwhile, 0 to 1.</param>
internal sealed record Sample(ClientResult Client, double DaemonCpuSeconds, double OthersShare)
{
    private const double Gibibyte = 1L << 30;

    /// <summary>Processor time of client and daemon.</summary>
    public double CpuSeconds => Client.CpuSeconds + DaemonCpuSeconds;

    public double MegabytesPerSecond => Client.Bytes / 1e6 / Client.Seconds;

    public double OperationsPerSecond => Client.Operations / Client.Seconds;

    public double CpuSecondsPerGibibyte => CpuSeconds / (Client.Bytes / Gibibyte);

    public double DaemonCpuSecondsPerGibibyte => DaemonCpuSeconds / (Client.Bytes / Gibibyte);

    public double CpuMicrosecondsPerOperation => CpuSeconds * 1e6 / Client.Operations;
}
