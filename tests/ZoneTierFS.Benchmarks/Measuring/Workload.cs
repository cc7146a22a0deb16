using ZoneTierFS.Benchmarks.Clients;

namespace ZoneTierFS.Benchmarks.Measuring;

/// <summary>A piece of work that is measured in several places.</summary>
/// <param name="Mode">What the client does.</param>
/// <param name="File">Name of its file, or of a tree's top folder, in the place's folder.</param>
/// <param name="Cache">What the caches hold when the client starts.</param>
/// <param name="Bytes">Length of the file to write; a new file is removed afterwards.</param>
/// <param name="Operations">Number of reads or writes at random places, of appended pieces, or of a tree's files.</param>
internal sealed record Workload(ClientMode Mode, string File, CacheState Cache, long Bytes = 0, int Operations = 0)
{
    public int PieceBytes { get; init; } = 1 << 20;

    public int Threads { get; init; } = 1;

    /// <summary>A mode that makes what the work needs, run unmeasured before each sample.</summary>
    public ClientMode? Preparation { get; init; }

    /// <summary>Whether the work makes a file that must not be there before.</summary>
    public bool MakesFile => Mode is ClientMode.SequentialWrite or ClientMode.DirectWrite or ClientMode.Append;
}
