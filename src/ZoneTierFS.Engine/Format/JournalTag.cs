namespace ZoneTierFS.Engine.Format;

/// <summary>First byte of a journaled mutation. New tags may be added, old ones never reused.</summary>
internal enum JournalTag : byte
{
    /// <summary>An item is inserted or replaced.</summary>
    Put = 1,

    /// <summary>An item is deleted, where it is there.</summary>
    Delete = 2,

    /// <summary>All items from one key up to, not including, another are deleted.</summary>
    DeleteRange = 3,

    /// <summary>The checksums of data blocks that follow each other on a device.</summary>
    Checksums = 4,

    /// <summary>The journal goes on at the start of another zone.</summary>
    NextZone = 5,

    /// <summary>The lowest inode number never given out.</summary>
    NextInode = 6,

    /// <summary>A part of a page map is mapped to blocks that follow each other, or unmapped.</summary>
    MapRun = 7,
}
