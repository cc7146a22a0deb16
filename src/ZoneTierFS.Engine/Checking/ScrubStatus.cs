namespace ZoneTierFS.Engine;

/// <summary>The scrub at a glance: the pass under way, or the last one of this mount and when one last came to its end.</summary>
public sealed record ScrubStatus
{
    public bool Running { get; init; }

    /// <summary>Share that is read, 0 to 1.</summary>
    public double Progress { get; init; }

    /// <summary>When the pass began; null where there was none since the mount.</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>When a pass last read everything, in this mount or an earlier one.</summary>
    public DateTimeOffset? Finished { get; init; }
    public long BytesRead { get; init; }

    /// <summary>Blocks of 4096 bytes that are lost, and the files that they belong to.</summary>
    public long LostBlocks { get; init; }
    public int LostFiles { get; init; }

    /// <summary>Damaged blocks that were restored from their copy, and damaged copies that were dropped.</summary>
    public long HealedBlocks { get; init; }

    /// <summary>Damaged pages of metadata, each of which has a second copy or stands in memory unless <see cref="LostMetadata"/> counts it.</summary>
    public long HealedMetadata { get; init; }
    public long LostMetadata { get; init; }
}
