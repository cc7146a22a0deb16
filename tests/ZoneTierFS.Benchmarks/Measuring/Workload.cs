using ZoneTierFS.Benchmarks.Clients;

namespace ZoneTierFS.Benchmarks.Measuring;

/// <summary>A piece of work that is measured in several places.</summary>
/// <param name="Mode">What the client does.</param>
/// <param name="File">Name of its file in the place's folder.</param>
/// <param name="Cache">What the page cache holds when the client starts.</param>
/// <param name="Bytes">Length of the file to write; such a file is removed afterwards.</param>
/// <param name="Operations">Number of reads at random places.</param>
internal sealed record Workload(ClientMode Mode, string File, CacheState Cache, long Bytes = 0, long Operations = 0)
{
    public bool Writes => Mode is ClientMode.SequentialWrite or ClientMode.DirectWrite;
}
