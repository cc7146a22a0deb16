using System.Buffers.Binary;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Namespace;

/// <summary>The entries of directories: items {inode u64, type u8, name}. Everything wants the state lock.</summary>
internal sealed class Directory(MetadataItems items)
{
    /// <summary>Bytes of an entry before its name.</summary>
    internal const int HeaderSize = 9;

    /// <summary>The entry's item key (which is its cookie) and inode.</summary>
    public bool TryFind(ulong directory, ReadOnlySpan<byte> name, out ulong entryKey, out ulong inode)
    {
        var first = NameKey.First(name);
        var scan = items.Tree.Scan(ItemKeys.Of(directory, ItemKind.Entry, first));
        while (scan.MoveNext() && scan.Key.High == ItemKeys.Of(directory, ItemKind.Entry).High && scan.Key.Low < first + NameKey.SlotsMax)
        {
            if (!scan.Value[HeaderSize..].SequenceEqual(name)) continue;
            entryKey = scan.Key.Low;
            inode = BinaryPrimitives.ReadUInt64LittleEndian(scan.Value);
            return true;
        }
        (entryKey, inode) = (0, 0);
        return false;
    }

    /// <summary>
    /// Adds an entry under a name that is not there yet; returns its key, or 0 when 256 names of one hash are there (which chance does not bring about).
    /// </summary>
    public ulong Add(ulong directory, ReadOnlySpan<byte> name, ulong inode, uint mode)
    {
        var first = NameKey.First(name);
        for (var key = first; key < first + NameKey.SlotsMax; key++)
        {
            if (items.Tree.TryGet(ItemKeys.Of(directory, ItemKind.Entry, key), out _)) continue;
            Put(directory, key, name, inode, mode);
            return key;
        }
        return 0;
    }

    /// <summary>Points an entry at another inode.</summary>
    public void Put(ulong directory, ulong entryKey, ReadOnlySpan<byte> name, ulong inode, uint mode)
    {
        Span<byte> value = stackalloc byte[HeaderSize + Volume.NameBytesMax];
        value = value[..(HeaderSize + name.Length)];
        BinaryPrimitives.WriteUInt64LittleEndian(value, inode);
        value[8] = (byte)(mode >> 12);
        name.CopyTo(value[HeaderSize..]);
        items.Put(ItemKeys.Of(directory, ItemKind.Entry, entryKey), value);
    }

    public void Remove(ulong directory, ulong entryKey) => items.Delete(ItemKeys.Of(directory, ItemKind.Entry, entryKey));

    public bool IsEmpty(ulong directory) =>
        !items.Tree.TryGetAtOrAfter(ItemKeys.Of(directory, ItemKind.Entry), out var key, out _) || key.High != ItemKeys.Of(directory, ItemKind.Entry).High;

    /// <summary>The entries after a cookie.</summary>
    public DirectoryScan EntriesAfter(ulong directory, ulong cookie) => new(items.Tree, directory, cookie);

    /// <summary>Path from the root without a leading slash, built from each inode's newest name; empty for the root and for what has no name.</summary>
    public byte[] PathOf(ulong inode)
    {
        const int depthMax = 2048;
        var parts = new Stack<byte[]>();
        for (var depth = 0; inode != Volume.RootInode && depth < depthMax; depth++)
        {
            if (!items.TryGetInode(inode, out var record)
                || !items.Tree.TryGet(ItemKeys.Of(record.Parent, ItemKind.Entry, record.EntryKey), out var entry)
                || BinaryPrimitives.ReadUInt64LittleEndian(entry) != inode) return [];
            parts.Push(entry[HeaderSize..].ToArray());
            inode = record.Parent;
        }
        var path = new List<byte>();
        foreach (var part in parts)
        {
            if (path.Count > 0) path.Add((byte)'/');
            path.AddRange(part);
        }
        return [.. path];
    }

    /// <summary>What is wrong with a name, if anything.</summary>
    public static Errno Validate(ReadOnlySpan<byte> name)
    {
        if (name.Length > Volume.NameBytesMax) return Errno.ENAMETOOLONG;
        if (name.IsEmpty || name.IndexOfAny((byte)'/', (byte)0) >= 0) return Errno.EINVAL;
        return name is [(byte)'.'] or [(byte)'.', (byte)'.'] ? Errno.EEXIST : Errno.Ok;
    }
}
