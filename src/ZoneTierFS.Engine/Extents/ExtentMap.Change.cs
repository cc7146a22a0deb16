using ZoneTierFS.Engine.Namespace;

namespace ZoneTierFS.Engine.Extents;

internal sealed partial class ExtentMap
{
    /// <summary>Enters an extent in place of whatever the layer has there. Returns the change in mapped blocks.</summary>
    public long Insert(ItemKind layer, ulong inode, Extent extent)
    {
        long removed;
        if (IsInMap(layer, inode, extent))
        {
            removed = Map(layer, inode, PageMap.ChunkOf(extent.FileBlock), extent);
            AddLive(layer, extent);
        }
        else
        {
            removed = Remove(layer, inode, extent.FileBlock, extent.Count);
            AddLive(layer, extent);
            Enter(layer, inode, extent);
        }
        if (layer == ItemKind.Extent) NoteChanged(inode, extent);
        return extent.Count - removed;
    }

    /// <summary>Takes blocks out of a layer. Returns how many were mapped. Logs a handful of mutations, however many extents go.</summary>
    public long Remove(ItemKind layer, ulong inode, ulong from, ulong count)
    {
        var end = from > ulong.MaxValue - count ? ulong.MaxValue : from + count;
        var removed = RemoveFromItemBefore(layer, inode, from, end);
        var found = 0;
        Extent? rest = null;
        ulong? cutMap = null;
        var scan = items.Tree.Scan(ItemKeys.Of(inode, layer, from));
        while (scan.MoveNext() && scan.Key.High == ItemKeys.Of(inode, layer).High && scan.Key.Low < end)
        {
            if (PageMap.Is(scan.Value) && end - scan.Key.Low < PageMap.Blocks)
            {
                cutMap = scan.Key.Low;
                break;
            }
            foreach (var extent in Runs(scan.Key, scan.Value))
            {
                removed += Drop(layer, extent.Slice(extent.FileBlock, Math.Min(end, extent.End)));
                if (end < extent.End) rest = extent.Slice(end, extent.End);
            }
            found++;
        }
        if (found > 0) items.DeleteRange(ItemKeys.Of(inode, layer, from), ItemKeys.Of(inode, layer, cutMap ?? end));
        if (rest is { } tail) Put(layer, inode, tail);
        if (cutMap is { } chunk) removed += Unmap(layer, inode, chunk, chunk, end);
        return removed;
    }

    /// <summary>What the item that begins before a range has in it.</summary>
    private long RemoveFromItemBefore(ItemKind layer, ulong inode, ulong from, ulong end)
    {
        if (!TryGetAtOrBefore(layer, inode, from, out var first, out var value) || first == from) return 0;
        if (PageMap.Is(value)) return from - first < PageMap.Blocks ? Unmap(layer, inode, first, from, Math.Min(end, first + PageMap.Blocks)) : 0;
        var extent = Extent.Read(first, value);
        if (extent.End <= from) return 0;
        var removed = Drop(layer, extent.Slice(from, Math.Min(end, extent.End)));
        Put(layer, inode, extent.Slice(first, from));
        if (end < extent.End) Put(layer, inode, extent.Slice(end, extent.End));
        return removed;
    }

    /// <summary>Enters an extent where nothing is: what lies in chunks that have a map (at most the first and the last) goes there.</summary>
    private void Enter(ItemKind layer, ulong inode, Extent extent)
    {
        var (from, end) = (extent.FileBlock, extent.End);
        if (IsMap(layer, inode, PageMap.ChunkOf(from)))
        {
            var stop = Math.Min(end, PageMap.ChunkOf(from) + PageMap.Blocks);
            Map(layer, inode, PageMap.ChunkOf(from), extent.Slice(from, stop));
            from = stop;
        }
        var last = PageMap.ChunkOf(end - 1);
        if (from < end && last >= from && IsMap(layer, inode, last))
        {
            Map(layer, inode, last, extent.Slice(last, end));
            end = last;
        }
        if (from < end) PutMerged(layer, inode, extent.Slice(from, end));
    }

    private void PutMerged(ItemKind layer, ulong inode, Extent extent)
    {
        var merged = extent;
        if (extent.FileBlock > 0 && TryGetAtOrBefore(layer, inode, extent.FileBlock - 1, out var first, out var value) && !PageMap.Is(value)
            && Extent.Read(first, value) is var before && before.End == extent.FileBlock
            && before.At.Plus(before.Count) == extent.At && before.Count <= uint.MaxValue - extent.Count)
            merged = before with { Count = before.Count + extent.Count };
        Put(layer, inode, merged);
    }

    private void Put(ItemKind layer, ulong inode, Extent extent)
    {
        Span<byte> value = stackalloc byte[Extent.EncodedBytesMax];
        items.Put(ItemKeys.Of(inode, layer, extent.FileBlock), value[..extent.Write(value)]);
    }

    private bool IsMap(ItemKind layer, ulong inode, ulong chunk) =>
        items.Tree.TryGet(ItemKeys.Of(inode, layer, chunk), out var value) && PageMap.Is(value);

    private bool IsInMap(ItemKind layer, ulong inode, Extent extent)
    {
        var chunk = PageMap.ChunkOf(extent.FileBlock);
        return extent.Count < PageMap.Blocks && extent.End - chunk <= PageMap.Blocks && IsMap(layer, inode, chunk);
    }

    /// <summary>Points entries of a map at an extent inside its chunk. Returns how many pointed elsewhere.</summary>
    private long Map(ItemKind layer, ulong inode, ulong chunk, Extent extent)
    {
        var removed = DropMapped(layer, inode, chunk, extent.FileBlock, extent.End);
        items.MapRun(ItemKeys.Of(inode, layer, chunk), (int)(extent.FileBlock - chunk), (int)extent.Count, _numbers.Of(extent.At));
        return removed;
    }

    /// <summary>Takes blocks out of a map, and the map away when it has none left.</summary>
    private long Unmap(ItemKind layer, ulong inode, ulong chunk, ulong from, ulong end)
    {
        var removed = DropMapped(layer, inode, chunk, from, end);
        if (removed == 0) return 0;
        var key = ItemKeys.Of(inode, layer, chunk);
        items.MapRun(key, (int)(from - chunk), (int)(end - from), PageMap.None);
        if (items.Tree.TryGet(key, out var value) && new PageMap(value).IsEmpty) items.Delete(key);
        return removed;
    }

    private long DropMapped(ItemKind layer, ulong inode, ulong chunk, ulong from, ulong end)
    {
        Invariant.Holds(items.Tree.TryGet(ItemKeys.Of(inode, layer, chunk), out var value), "a chunk's map is there");
        var map = new PageMap(value);
        var dropped = 0L;
        for (var index = map.NextMapped((int)(from - chunk)); chunk + (uint)index < end;)
        {
            var run = map.RunFrom(index, chunk, _numbers);
            dropped += Drop(layer, run.Slice(run.FileBlock, Math.Min(end, run.End)));
            index = map.NextMapped((int)(run.End - chunk));
        }
        return dropped;
    }

    private void AddLive(ItemKind layer, Extent extent) => zones[extent.At.Device].AddLive(extent.At.Zone, extent.Count, layer == ItemKind.Promoted);

    private long Drop(ItemKind layer, Extent gone)
    {
        zones[gone.At.Device].DropLive(gone.At.Zone, gone.Count, layer == ItemKind.Promoted, items.Journal.Current.Sequence);
        return gone.Count;
    }
}
