namespace ZoneTierFS.Engine.Zones;

/// <summary>What the engine knows of one zone, under the state lock.</summary>
internal struct ZoneInfo
{
    /// <summary>
    /// The newest batch of the journal that drops blocks of the zone or names their checksums. It must be confirmed before a reset: recovery would look for the
    /// blocks in vain.
    /// </summary>
    public ulong NamedSequence;

    /// <summary>How many blocks users had written to the device by the last append; the age that cleaning weighs.</summary>
    public long LastWrite;

    /// <summary>Blocks written.</summary>
    public uint Written;

    /// <summary>Blocks that some extent, promoted copy, or metadata page still needs.</summary>
    public uint Live;

    /// <summary>Those of <see cref="Live"/> that are promoted copies, which may be dropped at any time.</summary>
    public uint Promoted;

    /// <summary>Appends not yet entered in the extent map, and readers that hold no inode lock: the zone must not be reset under them.</summary>
    public int Pins;

    public ZoneUse Use;
    public ZoneHealth Health;
    public byte Stream;

    /// <summary>The mover wrote it.</summary>
    public bool IsMovers;

    /// <summary>A stream is appending to it.</summary>
    public bool Owned;

    /// <summary>Moving its extents failed because bytes in it are damaged: cleaning leaves it alone.</summary>
    public bool Damaged;

    /// <summary>Cleaning has found clean copies of pinned files in it: they count as live as long as anything else can be cleaned.</summary>
    public bool HasPinned;

    /// <summary>Scrubbing met read errors of the device in it: what can still be read is brought elsewhere.</summary>
    public bool Failing;
}
