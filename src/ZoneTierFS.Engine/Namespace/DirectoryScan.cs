using System.Buffers.Binary;
using ZoneTierFS.Engine.Metadata;

namespace ZoneTierFS.Engine.Namespace;

/// <summary>The entries of a directory in the order of their cookies: <see cref="MoveNext"/> before the first. Any change of the tree ends its life.</summary>
internal ref struct DirectoryScan(ItemTree tree, ulong directory, ulong cookie)
{
    private readonly ulong _high = ItemKeys.Of(directory, ItemKind.Entry).High;
    private ItemCursor _items = tree.Scan(ItemKeys.Of(directory, ItemKind.Entry, cookie + 1));

    /// <summary>The entry's item key: where a later listing goes on behind it.</summary>
    public readonly ulong Cookie => _items.Key.Low;

    public readonly ulong Inode => BinaryPrimitives.ReadUInt64LittleEndian(_items.Value);

    /// <summary>Valid until the next change of the tree.</summary>
    public readonly ReadOnlySpan<byte> Name => _items.Value[Directory.HeaderSize..];

    /// <summary>Goes to the next entry; false at the end.</summary>
    public bool MoveNext() => _items.MoveNext() && _items.Key.High == _high;
}
