using ZoneTierFS.Engine.Format;
using ZoneTierFS.Engine.Metadata;
using ZoneTierFS.Engine.Namespace;
using ZoneTierFS.Engine.Zones;

namespace ZoneTierFS.Engine.Extents;

/// <summary>
/// Which blocks of a file lie where: two layers, the authoritative extents and, above them, clean copies on the fast tier. Every change goes to the tree and
/// the journal, and keeps the zones' live counts. Everything wants the state lock.
/// </summary>
internal sealed partial class ExtentMap(MetadataItems items, DeviceZones[] zones)
{
    private readonly BlockNumbers _numbers = new(zones);

    /// <summary>The extents that an item of a layer stands for.</summary>
    public ExtentRuns Runs(ItemKey key, ReadOnlySpan<byte> value) => new(key, value, _numbers);

    /// <summary>The extent that covers a block.</summary>
    public bool TryFind(ItemKind layer, ulong inode, ulong block, out Extent extent)
    {
        extent = default;
        if (!TryGetAtOrBefore(layer, inode, block, out var first, out var value)) return false;
        if (!PageMap.Is(value))
        {
            extent = Extent.Read(first, value);
            return extent.End > block;
        }
        var map = new PageMap(value);
        if (block - first >= PageMap.Blocks || map[(int)(block - first)] == PageMap.None) return false;
        extent = map.RunAround((int)(block - first), first, _numbers);
        return true;
    }

    /// <summary>The first extent that ends after a block: the one that covers it, or the next.</summary>
    public bool TryFindFrom(ItemKind layer, ulong inode, ulong block, out Extent extent)
    {
        if (TryFind(layer, inode, block, out extent)) return true;
        if (TryGetAtOrBefore(layer, inode, block, out var first, out var value) && PageMap.Is(value) && block - first < PageMap.Blocks
            && new PageMap(value).NextMapped((int)(block - first)) is < PageMap.Blocks and var index)
        {
            extent = new PageMap(value).RunFrom(index, first, _numbers);
            return true;
        }
        while (items.Tree.TryGetAtOrAfter(ItemKeys.Of(inode, layer, block), out var key, out value) && key.High == ItemKeys.Of(inode, layer).High)
        {
            block = key.Low + 1;
            foreach (var run in Runs(key, value))
            {
                extent = run;
                return true;
            }
        }
        return false;
    }

    private bool TryGetAtOrBefore(ItemKind layer, ulong inode, ulong block, out ulong first, out ReadOnlySpan<byte> value)
    {
        var found = items.Tree.TryGetAtOrBefore(ItemKeys.Of(inode, layer, block), out var key, out value) && key.High == ItemKeys.Of(inode, layer).High;
        first = key.Low;
        return found;
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

    /// <summary>Logs the checksums of appended blocks, before the extents that point at them.</summary>
    public void LogChecksums(Location at, ReadOnlySpan<uint> checksums)
    {
        zones[at.Device].Name(at.Zone, items.Journal.Current.Sequence);
        items.Journal.Current.Mutations.Checksums(new BlockAddress((ushort)at.Device, (uint)at.Zone, at.Block), checksums);
    }

    /// <summary>Drops the clean copies of a range; the authority stays.</summary>
    public long DropPromoted(ulong inode, ulong from, ulong count) => Remove(ItemKind.Promoted, inode, from, count);
}
