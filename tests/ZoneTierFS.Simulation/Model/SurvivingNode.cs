using ZoneTierFS.Engine.Placement;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Simulation;

/// <summary>A node as it was read back from a volume, with all that is below it. Names of one inode share one object.</summary>
internal sealed class SurvivingNode
{
    public required FileStatus Status { get; init; }

    public string? Target { get; init; }

    public SurvivingFile? Data { get; init; }

    public string? Pin { get; init; }

    /// <summary>The class set by hand; null where the rules decided.</summary>
    public FileClass? Class { get; init; }

    public bool IsImmutable { get; init; }

    /// <summary>Names in the directory and in all below it.</summary>
    public int CountNames() => Entries.Count + Entries.Values.Sum(node => node.CountNames());

    public SortedDictionary<string, byte[]> Xattrs { get; init; } = new(StringComparer.Ordinal);

    public SortedDictionary<string, SurvivingNode> Entries { get; init; } = new(StringComparer.Ordinal);
}
