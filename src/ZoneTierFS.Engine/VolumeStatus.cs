namespace ZoneTierFS.Engine;

/// <summary>The volume at a glance: what `user.ztfs.status` and `ztfs status` show.</summary>
public sealed record VolumeStatus
{
    public required Guid Uuid { get; init; }
    public required ulong Generation { get; init; }
    public required IReadOnlyList<TierStatus> Tiers { get; init; }
    public long DirtyBytes { get; init; }
    public long JournalBytes { get; init; }
    public ulong Commits { get; init; }
    public ulong Checkpoints { get; init; }
    public long UserBytesWritten { get; init; }
    public long UserBytesRead { get; init; }

    /// <summary>What all devices together have taken since the mount, by cause.</summary>
    public WrittenBytes Written { get; init; }

    /// <summary>Bytes of files that cleaning put elsewhere on their tier, that were promoted to the fast one, that were demoted from it.</summary>
    public long CleanedBytes { get; init; }
    public long PromotedBytes { get; init; }
    public long DemotedBytes { get; init; }
    public long ReplayedTransactions { get; init; }

    /// <summary>Damaged bytes that were written anew from their copy.</summary>
    public long HealedBytes { get; init; }

    /// <summary>The first of the ranges that are known to be lost, and in how many files there are any.</summary>
    public IReadOnlyList<DamagedRange> Damage { get; init; } = [];
    public int DamagedFiles { get; init; }
    public ScrubStatus Scrub { get; init; } = new();

    /// <summary>Null while all is well; otherwise why the volume accepts no more writes.</summary>
    public string? Failure { get; init; }
}
