using System.Buffers.Binary;
using ZoneTierFS.Engine.Metadata;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Namespace;

/// <summary>
/// Extended attributes: items {name length u8, name, value}. A longer value lies in items of its own: {0, name length u8, name, value length u32}, and its
/// parts under the name's key. Everything wants the state lock.
/// </summary>
internal sealed class XattrStore(MetadataItems items)
{
    /// <summary>Longest value, bytes: the kernel's limit (XATTR_SIZE_MAX).</summary>
    public const int ValueBytesMax = 65_536;

    /// <summary>All names and values of one inode, bytes: two of the longest values' worth.</summary>
    public const int TotalBytesMax = 131_072;

    /// <summary>All names of one inode, each with its end, bytes; listing them must stay below the kernel's 64 KiB, with room for computed ones.</summary>
    public const int NamesBytesMax = 32_768;

    /// <summary>Longest value that lies beside its name, and the length of all parts but a value's last, bytes.</summary>
    public const int PartBytes = 3840;

    /// <summary>
    /// The value's length; copies it when the span is long enough, ERANGE when it is not empty and too short, ENODATA where there is none, EIO where parts of
    /// it are lost.
    /// </summary>
    public Result<int> Get(ulong inode, ReadOnlySpan<byte> name, Span<byte> into)
    {
        if (!TryFind(inode, name, out var key, out var item)) return Errno.ENODATA;
        var (length, isInline) = LengthOf(item);
        if (into.IsEmpty) return length;
        if (into.Length < length) return Errno.ERANGE;
        if (isInline) item[^length..].CopyTo(into);
        else if (!TryCopyParts(inode, key, into[..length])) return Errno.EIO;
        return length;
    }

    /// <summary>
    /// E2BIG for a value that can never fit, ENOSPC when the inode's attributes would together exceed their maximum, EEXIST and ENODATA by the mode. An
    /// attribute that does not grow can always be set.
    /// </summary>
    public Errno Set(ulong inode, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, XattrSetMode mode)
    {
        if (name.IsEmpty || name.Length > Volume.NameBytesMax) return Errno.ERANGE;
        if (value.Length > ValueBytesMax) return Errno.E2BIG;
        var exists = TryFind(inode, name, out var key, out var old);
        if (exists && mode == XattrSetMode.Create) return Errno.EEXIST;
        if (!exists && mode == XattrSetMode.Replace) return Errno.ENODATA;
        if (!exists && !TryFindSlot(inode, name, out key)) return Errno.ENOSPC;
        var oldLength = exists ? LengthOf(old).Length : -1;
        if (value.Length > oldLength && !HasRoom(inode, exists ? 0 : name.Length, value.Length - Math.Max(oldLength, 0))) return Errno.ENOSPC;
        // Parts share their numbers among names of one hash, of which only the first may therefore have any.
        if (value.Length > PartBytes && key != NameKey.First(name)) return Errno.ENOSPC;
        if (exists && !LengthOf(old).IsInline) DeleteParts(inode, key);
        if (value.Length > PartBytes) PutParts(inode, key, name, value);
        else PutInline(inode, key, name, value);
        return Errno.Ok;
    }

    public Errno Remove(ulong inode, ReadOnlySpan<byte> name)
    {
        if (!TryFind(inode, name, out var key, out var item)) return Errno.ENODATA;
        if (!LengthOf(item).IsInline) DeleteParts(inode, key);
        items.Delete(ItemKeys.Of(inode, ItemKind.Xattr, key));
        return Errno.Ok;
    }

    public bool Has(ulong inode, ReadOnlySpan<byte> name) => TryFind(inode, name, out _, out _);

    /// <summary>Names, each ended by a zero byte; lengths as for <see cref="Get"/>.</summary>
    /// <param name="withTrusted">Also those that only privileged processes may see.</param>
    public Result<int> List(ulong inode, Span<byte> into, bool withTrusted)
    {
        var length = 0;
        var scan = items.Tree.Scan(ItemKeys.Of(inode, ItemKind.Xattr));
        while (scan.MoveNext() && scan.Key.High == ItemKeys.Of(inode, ItemKind.Xattr).High)
        {
            var name = NameOf(scan.Value);
            if (!withTrusted && XattrName.IsTrusted(name)) continue;
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

    private static ReadOnlySpan<byte> NameOf(ReadOnlySpan<byte> item) => item[0] == 0 ? item.Slice(2, item[1]) : item.Slice(1, item[0]);

    private static (int Length, bool IsInline) LengthOf(ReadOnlySpan<byte> item) =>
        item[0] == 0 ? ((int)BinaryPrimitives.ReadUInt32LittleEndian(item[(2 + item[1])..]), false) : (item.Length - 1 - item[0], true);

    private bool HasRoom(ulong inode, int newName, int moreBytes)
    {
        var (names, total) = (newName, newName + moreBytes);
        var scan = items.Tree.Scan(ItemKeys.Of(inode, ItemKind.Xattr));
        while (scan.MoveNext() && scan.Key.High == ItemKeys.Of(inode, ItemKind.Xattr).High)
        {
            var name = NameOf(scan.Value).Length + 1;
            names += name;
            total += name + LengthOf(scan.Value).Length;
        }
        return total <= TotalBytesMax && (newName == 0 || names + 1 <= NamesBytesMax);
    }

    private void PutInline(ulong inode, ulong key, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        Span<byte> item = stackalloc byte[1 + name.Length + value.Length];
        item[0] = (byte)name.Length;
        name.CopyTo(item[1..]);
        value.CopyTo(item[(1 + name.Length)..]);
        items.Put(ItemKeys.Of(inode, ItemKind.Xattr, key), item);
    }

    private void PutParts(ulong inode, ulong key, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        Span<byte> item = stackalloc byte[2 + name.Length + sizeof(uint)];
        (item[0], item[1]) = (0, (byte)name.Length);
        name.CopyTo(item[2..]);
        BinaryPrimitives.WriteUInt32LittleEndian(item[(2 + name.Length)..], (uint)value.Length);
        items.Put(ItemKeys.Of(inode, ItemKind.Xattr, key), item);
        for (var (at, part) = (0, key); at < value.Length; at += PartBytes, part++)
            items.Put(ItemKeys.Of(inode, ItemKind.XattrPart, part), value.Slice(at, Math.Min(PartBytes, value.Length - at)));
    }

    /// <summary>False where a part is missing or has another length, which only damage brings about.</summary>
    private bool TryCopyParts(ulong inode, ulong key, Span<byte> into)
    {
        for (var (at, part) = (0, key); at < into.Length; at += PartBytes, part++)
        {
            if (!items.Tree.TryGet(ItemKeys.Of(inode, ItemKind.XattrPart, part), out var value)
                || value.Length != Math.Min(PartBytes, into.Length - at)) return false;
            value.CopyTo(into[at..]);
        }
        return true;
    }

    private void DeleteParts(ulong inode, ulong key) =>
        items.DeleteRange(ItemKeys.Of(inode, ItemKind.XattrPart, key), ItemKeys.Of(inode, ItemKind.XattrPart, key + NameKey.SlotsMax));

    private bool TryFind(ulong inode, ReadOnlySpan<byte> name, out ulong key, out ReadOnlySpan<byte> item)
    {
        var first = NameKey.First(name);
        var scan = items.Tree.Scan(ItemKeys.Of(inode, ItemKind.Xattr, first));
        while (scan.MoveNext() && scan.Key.High == ItemKeys.Of(inode, ItemKind.Xattr).High && scan.Key.Low < first + NameKey.SlotsMax)
        {
            if (!NameOf(scan.Value).SequenceEqual(name)) continue;
            key = scan.Key.Low;
            item = scan.Value;
            return true;
        }
        key = 0;
        item = default;
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
