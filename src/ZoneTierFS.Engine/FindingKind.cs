namespace ZoneTierFS.Engine;

/// <summary>What a check can find.</summary>
public enum FindingKind
{
    /// <summary>Metadata that cannot be read: the volume, or a part of it, cannot be opened.</summary>
    Metadata,

    /// <summary>The tree of items is not in shape.</summary>
    Tree,

    /// <summary>Items without an inode, or of a kind that there is not.</summary>
    Stray,

    /// <summary>An inode's record that cannot be so.</summary>
    Record,

    /// <summary>A count of blocks that differs from the extents.</summary>
    Blocks,

    /// <summary>A directory entry that names nothing, lies, or stands where it cannot.</summary>
    Entry,

    /// <summary>A link count that differs from the names.</summary>
    Links,

    /// <summary>An inode that no path leads to.</summary>
    Unreachable,

    /// <summary>A mark "to be deleted" on what has names, or on nothing.</summary>
    Orphan,

    /// <summary>An extent outside of the volume's data, or over another one of the same file.</summary>
    Extent,

    /// <summary>Blocks on the medium that more than one extent claims.</summary>
    Shared,

    /// <summary>A promoted copy that is none: without an original, in the wrong place, or damaged.</summary>
    Copy,

    /// <summary>A symbolic link without a target, or a target without one.</summary>
    Symlink,

    /// <summary>An extended attribute that is not whole, or too much of them.</summary>
    Attribute,

    /// <summary>The next inode number is taken already.</summary>
    InodeNumber,

    /// <summary>A page of checksums that cannot be read: the data that it covers cannot be either.</summary>
    Checksums,

    /// <summary>Data that cannot be read or is not what was written.</summary>
    Data,

    /// <summary>Data that is lost for good, and was marked so by a repair.</summary>
    Lost,
}
