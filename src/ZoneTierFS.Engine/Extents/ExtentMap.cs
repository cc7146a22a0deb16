using ZoneTierFS.Engine.Format;
using ZoneTierFS.Engine.Metadata;
using ZoneTierFS.Engine.Namespace;
using ZoneTierFS.Engine.Zones;

namespace ZoneTierFS.Engine.Extents;

/// <summary>
/// Which blocks of a file lie where: two layers, the authoritative extents and, above them, clean copies on the fast tier. Every change goes to the tree and
/// the journal, and keeps the zones' live counts. Everything wants the state lock.
/// </summary>
internal sealed class ExtentMap(MetadataItems items, DeviceZones[] zones)
{
    /// <summary>The extent that covers a block.</summary>
    public bool TryFind(ItemKind layer, ulong inode, ulong block, out Extent extent)
    {
        if (items.Tree.TryGetAtOrBefore(ItemKeys.Of(inode, layer, block), out var key, out var value) && key.High == ItemKeys.Of(inode, layer).High)
        {
            extent = Extent.Read(key.Low, value);
            return extent.End > block;
        }
        extent = default;
        return false;
    }

    /// <summary>The first extent that ends after a block: the one that covers it, or the next.</summary>
    public bool TryFindFrom(ItemKind layer, ulong inode, ulong block, out Extent extent)
    {
        if (TryFind(layer, inode, block, out extent)) return true;
        if (items.Tree.TryGetAtOrAfter(ItemKeys.Of(inode, layer, block), out var key, out var value) && key.High == ItemKeys.Of(inode, layer).High)
        {
            extent = Extent.Read(key.Low, value);
            return true;
        }
        return false;
    }

    /// <summary>
    /// Where to read a block from, and how many blocks follow it there: the copy on the fast tier if there is one. False for a hole, and then
    /// <paramref name="found"/>.Count tells its length, at most <paramref name="countMax"/>.
    /// </summary>
    public bool TryResolve(ulong inode, ulong block, uint countMax, bool authoritative, out Extent found)
    {
        var end = block + countMax;
        if (!authoritative && TryFindFrom(ItemKind.Promoted, inode, block, out var copy))
        {
            if (copy.FileBlock <= block)
            {
                found = copy.Slice(block, Math.Min(end, copy.End));
                return true;
            }
            end = Math.Min(end, copy.FileBlock);
        }
        if (TryFindFrom(ItemKind.Extent, inode, block, out var extent))
        {
            if (extent.FileBlock <= block)
            {
                found = extent.Slice(block, Math.Min(end, extent.End));
                return true;
            }
            end = Math.Min(end, extent.FileBlock);
        }
        found = new Extent(block, (uint)(end - block), default);
        return false;
    }

    /// <summary>Enters an extent in place of whatever the layer has there. Returns the change in mapped blocks.</summary>
    public long Insert(ItemKind layer, ulong inode, Extent extent)
    {
        var removed = Remove(layer, inode, extent.FileBlock, extent.Count);
        zones[extent.At.Device].AddLive(extent.At.Zone, extent.Count, layer == ItemKind.Promoted);
        var merged = extent;
        if (extent.FileBlock > 0 && TryFind(layer, inode, extent.FileBlock - 1, out var before) && before.End == extent.FileBlock
            && before.At.Plus(before.Count) == extent.At && before.Count <= uint.MaxValue - extent.Count)
            merged = before with { Count = before.Count + extent.Count };
        Put(layer, inode, merged);
        return extent.Count - removed;
    }

    /// <summary>Takes blocks out of a layer. Returns how many were mapped. Logs a handful of mutations, however many extents go.</summary>
    public long Remove(ItemKind layer, ulong inode, ulong from, ulong count)
    {
        var end = from > ulong.MaxValue - count ? ulong.MaxValue : from + count;
        long removed = 0;
        if (TryFind(layer, inode, from, out var first) && first.FileBlock < from)
        {
            removed += Drop(layer, first.Slice(from, Math.Min(end, first.End)));
            Put(layer, inode, first.Slice(first.FileBlock, from));
            if (end < first.End) Put(layer, inode, first.Slice(end, first.End));
        }
        var found = 0;
        Extent? rest = null;
        var scan = items.Tree.Scan(ItemKeys.Of(inode, layer, from));
        while (scan.MoveNext() && scan.Key.High == ItemKeys.Of(inode, layer).High && scan.Key.Low < end)
        {
            var extent = Extent.Read(scan.Key.Low, scan.Value);
            removed += Drop(layer, extent.Slice(extent.FileBlock, Math.Min(end, extent.End)));
            if (end < extent.End) rest = extent.Slice(end, extent.End);
            found++;
        }
        if (found > 0) items.DeleteRange(ItemKeys.Of(inode, layer, from), ItemKeys.Of(inode, layer, end));
        if (rest is { } tail) Put(layer, inode, tail);
        return removed;
    }

    /// <summary>Logs the checksums of appended blocks, before the extents that point at them.</summary>
    public void LogChecksums(Location at, ReadOnlySpan<uint> checksums)
    {
        zones[at.Device].Name(at.Zone, items.Journal.Current.Sequence);
        items.Journal.Current.Mutations.Checksums(new BlockAddress((ushort)at.Device, (uint)at.Zone, at.Block), checksums);
    }

    private long Drop(ItemKind layer, Extent gone)
    {
        zones[gone.At.Device].DropLive(gone.At.Zone, gone.Count, layer == ItemKind.Promoted, items.Journal.Current.Sequence);
        return gone.Count;
    }

    /// <summary>Drops the clean copies of a range; the authority stays.</summary>
    public long DropPromoted(ulong inode, ulong from, ulong count) => Remove(ItemKind.Promoted, inode, from, count);

    private void Put(ItemKind layer, ulong inode, Extent extent)
    {
        Span<byte> value = stackalloc byte[Extent.EncodedBytesMax];
        items.Put(ItemKeys.Of(inode, layer, extent.FileBlock), value[..extent.Write(value)]);
    }
}
