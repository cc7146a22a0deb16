namespace ZoneTierFS.Benchmarks.Clients;

/// <summary>What a measured process did between its first open and its last system call.</summary>
/// <param name="Seconds">Wall time.</param>
/// <param name="CpuSeconds">Processor time of the process in that time, user and system.</param>
/// <param name="LifetimeUserSeconds">User time of the process since its start, the runtime's start included.</param>
internal sealed record ClientResult(long Bytes, long Operations, double Seconds, double CpuSeconds, double LifetimeUserSeconds);
