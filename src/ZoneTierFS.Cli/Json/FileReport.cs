namespace ZoneTierFS.Cli.Json;

/// <summary>
/// Where one file lies and why: the attribute "user.ztfs.explain", and what `ztfs explain --json` prints. Heat is in bytes per second.
/// </summary>
internal sealed record FileReport
{
    public required ulong Inode { get; init; }

    /// <summary>From the volume's root.</summary>
    public required string Path { get; init; }
    public required string Class { get; init; }
    public required string ClassReason { get; init; }
    public required string HomeTier { get; init; }
    public required string FastTier { get; init; }

    /// <summary>As the attribute "user.ztfs.tier" says it.</summary>
    public required string Tier { get; init; }
    public string? Pin { get; init; }
    public required bool Sealed { get; init; }
    public required ulong Size { get; init; }
    public required IReadOnlyDictionary<string, long> BytesByTier { get; init; }
    public required long PromotedBytes { get; init; }
    public required long DirtyBytes { get; init; }
    public required double HeatShort { get; init; }
    public required double HeatLong { get; init; }
    public required string NextMove { get; init; }
    public required IReadOnlyList<ExtentReport> Extents { get; init; }
}
