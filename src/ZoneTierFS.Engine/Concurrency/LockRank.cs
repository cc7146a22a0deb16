namespace ZoneTierFS.Engine.Concurrency;

/// <summary>Where a lock stands in the order: a holder takes only locks of higher rank. The state lock stands behind all of these.</summary>
internal enum LockRank : byte
{
    WriteBackTurn = 1,

    /// <summary>An inode's lock or a stream's turn: side by side, and never held together.</summary>
    InodeOrStream = 2,

    JournalTurn = 3,
}
