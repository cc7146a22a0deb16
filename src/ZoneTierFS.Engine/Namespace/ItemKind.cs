using ZoneTierFS.Engine.Metadata;

namespace ZoneTierFS.Engine.Namespace;

/// <summary>The kinds of metadata items, on media in the low byte of an item key. Never reuse a value.</summary>
internal enum ItemKind : byte
{
    /// <summary>One per inode, low key 0: <see cref="InodeRecord"/>.</summary>
    Inode = 0,

    /// <summary>Target of a symbolic link, low key 0.</summary>
    Symlink = 1,

    /// <summary>Extended attribute; low key = hash of the name and slot.</summary>
    Xattr = 2,

    /// <summary>Directory entry; low key = hash of the name and slot, which is also the listing's cookie.</summary>
    Entry = 3,

    /// <summary>Authoritative extent; low key = first file block.</summary>
    Extent = 4,

    /// <summary>Clean copy of blocks whose authority lies on another tier; low key = first file block.</summary>
    Promoted = 5,

    /// <summary>Under inode 0; low key = an inode that has no name any more but was open: deleted by the next recovery.</summary>
    Orphan = 6,

    /// <summary>A piece of a long extended attribute's value; low key = the attribute's + the number of the piece.</summary>
    XattrPart = 7,
}

/// <summary>Builds item keys.</summary>
internal static class ItemKeys
{
    /// <summary>The largest inode number that a key holds. A larger one, which no volume gives out, would be taken for another inode.</summary>
    public const ulong InodeMax = ulong.MaxValue >> 8;

    public static ItemKey Of(ulong inode, ItemKind kind, ulong low = 0) => new(inode << 8 | (byte)kind, low);

    /// <summary>The least key greater than one.</summary>
    public static ItemKey After(ItemKey key) => key.Low < ulong.MaxValue ? key with { Low = key.Low + 1 } : new ItemKey(key.High + 1, 0);

    public static ulong InodeOf(ItemKey key) => key.High >> 8;

    public static ItemKind KindOf(ItemKey key) => (ItemKind)(byte)key.High;
}
