using ZoneTierFS.Engine.Placement;

namespace ZoneTierFS.Engine;

/// <summary>Where a file lies and why: what the `user.ztfs.*` attributes and `ztfs explain` show.</summary>
public sealed record FilePlacement
{
    public required ulong Inode { get; init; }
    public required string Path { get; init; }
    public required FileClass Class { get; init; }

    /// <summary>Which rule decided the class, in words.</summary>
    public required string ClassReason { get; init; }

    /// <summary>The tier that the class is placed on, by name.</summary>
    public required string HomeTier { get; init; }

    /// <summary>The pinned tier's name, or null.</summary>
    public string? Pin { get; init; }

    public bool Sealed { get; init; }
    public ulong Size { get; init; }

    /// <summary>
    /// Bytes that a reader is served from each tier, by tier name: a promoted copy counts on the tier of the copy, buffered bytes not at all.
    /// </summary>
    public required IReadOnlyDictionary<string, long> BytesByTier { get; init; }

    /// <summary>Bytes of clean copies on the fast tier whose authority lies elsewhere.</summary>
    public long PromotedBytes { get; init; }

    /// <summary>Written bytes that still wait in memory.</summary>
    public long DirtyBytes { get; init; }

    /// <summary>Bytes read per second, short (about 30 s) and long (about 30 min) average over all chunks.</summary>
    public double HeatShort { get; init; }
    public double HeatLong { get; init; }

    /// <summary>What the mover would do with the file now, in words, and why.</summary>
    public required string NextMove { get; init; }

    public required IReadOnlyList<ExtentPlacement> Extents { get; init; }
}
