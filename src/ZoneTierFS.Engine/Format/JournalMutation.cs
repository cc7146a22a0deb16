using ZoneTierFS.Engine.Extents;
using ZoneTierFS.Engine.Metadata;

namespace ZoneTierFS.Engine.Format;

/// <summary>A mutation as read from the journal; which of the fields mean something depends on the tag.</summary>
internal readonly ref struct JournalMutation
{
    public JournalTag Tag { get; init; }

    /// <summary>Put, Delete, MapRun: the item. DeleteRange: the first key.</summary>
    public ItemKey Key { get; init; }

    /// <summary>DeleteRange: the first key that stays.</summary>
    public ItemKey To { get; init; }

    /// <summary>Put: the item's value. Checksums: CRC-32C of each block, 4 bytes each, little-endian.</summary>
    public ReadOnlySpan<byte> Value { get; init; }

    /// <summary>Checksums: the first block.</summary>
    public BlockAddress Address { get; init; }

    /// <summary>NextZone: the zone. NextInode: the inode number. MapRun: the first block's number, or <see cref="PageMap.None"/>.</summary>
    public ulong Number { get; init; }

    /// <summary>MapRun: the entries that change, inside the map.</summary>
    public Range Entries { get; init; }
}
