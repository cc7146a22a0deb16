using ZoneTierFS.Engine.Metadata;
using ZoneTierFS.Engine.Namespace;

namespace ZoneTierFS.Engine.Extents;

internal sealed partial class ExtentMap
{
    /// <summary>Extents of a chunk from which on a page map takes less.</summary>
    internal const int CrowdedRuns = PageMap.Bytes / (TreePage.EntrySize + 8);

    /// <summary>Runs of a page map up to which extents do; half of the above, so that a chunk does not go to and fro.</summary>
    internal const int SparseRuns = CrowdedRuns / 2;

    /// <summary>Only an extent of so many blocks, or a run that has come to so many, can have made a map's runs few.</summary>
    private const uint LongRun = 32;

    private readonly List<(ulong Inode, ulong Chunk)> _changed = [];
    private readonly byte[] _map = new byte[PageMap.Bytes];

    /// <summary>
    /// Gives the chunks of authoritative extents that were changed since the last call the form that takes least, each in a transaction of its own: to be
    /// called after one that inserted extents. Nothing changes but the form.
    /// </summary>
    public void Reshape()
    {
        foreach (var (inode, chunk) in _changed)
        {
            if (!IsMap(ItemKind.Extent, inode, chunk)) Gather(inode, chunk);
            else if (CountRuns(inode, chunk) <= SparseRuns) Scatter(inode, chunk);
            items.Journal.EndTransaction();
        }
        _changed.Clear();
    }

    // The chunks between the first and the last are covered as a whole.
    private void NoteChanged(ulong inode, Extent extent)
    {
        Note(inode, PageMap.ChunkOf(extent.FileBlock));
        if (PageMap.ChunkOf(extent.End - 1) != PageMap.ChunkOf(extent.FileBlock)) Note(inode, PageMap.ChunkOf(extent.End - 1));

        void Note(ulong inode, ulong chunk)
        {
            if (_changed.Count > 0 && _changed[^1] == (inode, chunk)) return;
            if (IsMap(ItemKind.Extent, inode, chunk) && extent.Count < LongRun && TryFind(ItemKind.Extent, inode, extent.FileBlock, out var run)
                && run.Count < LongRun) return;
            _changed.Add((inode, chunk));
        }
    }

    /// <summary>Makes one map of a chunk's extents, where they are many.</summary>
    private void Gather(ulong inode, ulong chunk)
    {
        if (CountExtents(inode, chunk) <= CrowdedRuns) return;
        var end = chunk + PageMap.Blocks;
        _map.AsSpan().Fill(0xFF);
        Extent? rest = null;
        if (TryFind(ItemKind.Extent, inode, chunk, out var first) && first.FileBlock < chunk)
        {
            AddToMap(chunk, first.Slice(chunk, first.End));
            Put(ItemKind.Extent, inode, first.Slice(first.FileBlock, chunk));
        }
        var scan = items.Tree.Scan(ItemKeys.Of(inode, ItemKind.Extent, chunk));
        while (scan.MoveNext() && scan.Key.High == ItemKeys.Of(inode, ItemKind.Extent).High && scan.Key.Low < end)
        {
            var extent = Extent.Read(scan.Key.Low, scan.Value);
            AddToMap(chunk, extent.Slice(extent.FileBlock, Math.Min(end, extent.End)));
            if (end < extent.End) rest = extent.Slice(end, extent.End);
        }
        items.DeleteRange(ItemKeys.Of(inode, ItemKind.Extent, chunk), ItemKeys.Of(inode, ItemKind.Extent, end));
        items.Put(ItemKeys.Of(inode, ItemKind.Extent, chunk), _map);
        if (rest is { } tail) Put(ItemKind.Extent, inode, tail);
    }

    private void AddToMap(ulong chunk, Extent extent) =>
        PageMap.Fill(_map.AsSpan((int)(extent.FileBlock - chunk) * PageMap.EntryBytes, (int)extent.Count * PageMap.EntryBytes), _numbers.Of(extent.At));

    /// <summary>Makes extents of a map's runs.</summary>
    private void Scatter(ulong inode, ulong chunk)
    {
        var key = ItemKeys.Of(inode, ItemKind.Extent, chunk);
        Invariant.Holds(items.Tree.TryGet(key, out var value), "a chunk's map is there");
        value.CopyTo(_map);
        items.Delete(key);
        foreach (var extent in Runs(key, _map)) PutMerged(ItemKind.Extent, inode, extent);
    }

    private int CountExtents(ulong inode, ulong chunk)
    {
        var count = 0;
        var scan = items.Tree.Scan(ItemKeys.Of(inode, ItemKind.Extent, chunk));
        while (count <= CrowdedRuns && scan.MoveNext() && scan.Key.High == ItemKeys.Of(inode, ItemKind.Extent).High
            && scan.Key.Low - chunk < PageMap.Blocks) count++;
        return count;
    }

    private int CountRuns(ulong inode, ulong chunk)
    {
        var key = ItemKeys.Of(inode, ItemKind.Extent, chunk);
        Invariant.Holds(items.Tree.TryGet(key, out var value), "a chunk's map is there");
        var count = 0;
        foreach (var _ in Runs(key, value)) count++;
        return count;
    }
}
