namespace ZoneTierFS.Engine.Metadata;

/// <summary>What a metadata page holds. The values are on media: new ones may be added, old ones never reused.</summary>
internal enum PageKind : ushort
{
    /// <summary>Items of the tree, or the inner pages that lead to them.</summary>
    Tree = 1,

    /// <summary>Checksums of data blocks.</summary>
    Checksum = 2,

    /// <summary>Addresses of tree pages.</summary>
    TreeTable = 3,

    /// <summary>Addresses of checksum pages.</summary>
    ChecksumTable = 4,

    /// <summary>Where a checkpoint begins.</summary>
    CheckpointRoot = 5,
}
