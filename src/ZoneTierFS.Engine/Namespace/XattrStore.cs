using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Namespace;

/// <summary>Extended attributes: items {name length u8, name, value}. Everything wants the state lock.</summary>
internal sealed class XattrStore(MetadataItems items)
{
    /// <summary>Longest value, bytes; as on ext4, all of a file's attributes are meant to fit a block.</summary>
    public const int ValueBytesMax = 3840;

    public Result<int> Get(ulong inode, ReadOnlySpan<byte> name, Span<byte> into)
    {
        if (!TryFind(inode, name, out _, out var value)) return Errno.ENODATA;
        if (into.IsEmpty) return value.Length;
        if (into.Length < value.Length) return Errno.ERANGE;
        value.CopyTo(into);
        return value.Length;
    }

    public Errno Set(ulong inode, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, XattrSetMode mode)
    {
        if (name.IsEmpty || name.Length > Volume.NameBytesMax) return Errno.ERANGE;
        if (value.Length > ValueBytesMax) return Errno.ENOSPC;
        var exists = TryFind(inode, name, out var key, out _);
        if (exists && mode == XattrSetMode.Create) return Errno.EEXIST;
        if (!exists && mode == XattrSetMode.Replace) return Errno.ENODATA;
        if (!exists && !TryFindSlot(inode, name, out key)) return Errno.ENOSPC;
        Span<byte> item = stackalloc byte[1 + name.Length + value.Length];
        item[0] = (byte)name.Length;
        name.CopyTo(item[1..]);
        value.CopyTo(item[(1 + name.Length)..]);
        items.Put(ItemKeys.Of(inode, ItemKind.Xattr, key), item);
        return Errno.Ok;
    }

    public Errno Remove(ulong inode, ReadOnlySpan<byte> name)
    {
        if (!TryFind(inode, name, out var key, out _)) return Errno.ENODATA;
        items.Delete(ItemKeys.Of(inode, ItemKind.Xattr, key));
        return Errno.Ok;
    }

    public Result<int> List(ulong inode, Span<byte> into)
    {
        var length = 0;
        var scan = items.Tree.Scan(ItemKeys.Of(inode, ItemKind.Xattr));
        while (scan.MoveNext() && scan.Key.High == ItemKeys.Of(inode, ItemKind.Xattr).High)
        {
            var name = scan.Value.Slice(1, scan.Value[0]);
            if (!into.IsEmpty)
            {
                if (length + name.Length + 1 > into.Length) return Errno.ERANGE;
                name.CopyTo(into[length..]);
                into[length + name.Length] = 0;
            }
            length += name.Length + 1;
        }
        return length;
    }

    private bool TryFind(ulong inode, ReadOnlySpan<byte> name, out ulong key, out ReadOnlySpan<byte> value)
    {
        var first = NameKey.First(name);
        var scan = items.Tree.Scan(ItemKeys.Of(inode, ItemKind.Xattr, first));
        while (scan.MoveNext() && scan.Key.High == ItemKeys.Of(inode, ItemKind.Xattr).High && scan.Key.Low < first + NameKey.SlotsMax)
        {
            if (!scan.Value.Slice(1, scan.Value[0]).SequenceEqual(name)) continue;
            key = scan.Key.Low;
            value = scan.Value[(1 + scan.Value[0])..];
            return true;
        }
        key = 0;
        value = default;
        return false;
    }

    private bool TryFindSlot(ulong inode, ReadOnlySpan<byte> name, out ulong key)
    {
        var first = NameKey.First(name);
        for (key = first; key < first + NameKey.SlotsMax; key++)
            if (!items.Tree.TryGet(ItemKeys.Of(inode, ItemKind.Xattr, key), out _)) return true;
        return false;
    }
}
