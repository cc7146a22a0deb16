using System.Text;
using ZoneTierFS.Engine.Extents;
using ZoneTierFS.Engine.Metadata;
using ZoneTierFS.Engine.Namespace;
using ZoneTierFS.Engine.Zones;

namespace ZoneTierFS.Engine.Checking;

/// <summary>
/// The repairs of items. They change items and not the zones' live counts, which are derived anew when the volume is next opened. Each looks at the items as
/// they are when it is done.
/// </summary>
internal static class ItemRepairs
{
    public static IRepair Remove(ItemKey key, string what, string? loss) => new ItemRepair($"Remove {what}.", loss, state => Delete(state, key));

    /// <summary>Takes away all items of an inode that has no record.</summary>
    public static IRepair RemoveAll(ulong inode, string what) => new ItemRepair(
        $"Remove {what} of inode {inode}, which has no record.", "What they held cannot be found under any name already.",
        state => state.Items.DeleteRange(ItemKeys.Of(inode, ItemKind.Inode), ItemKeys.Of(inode + 1, ItemKind.Inode)));

    /// <summary>Changes a record, if it still is one.</summary>
    public static IRepair Record(ulong inode, string description, string? loss, RecordChange change) => new ItemRepair(description, loss, state =>
    {
        if (!ItemChecks.TryRecord(state, inode, out var record)) return;
        change(ref record);
        state.Items.PutInode(inode, record);
    });

    /// <summary>The bits of the record's type in an entry that has others.</summary>
    public static IRepair EntryType(ItemKey key, string name, uint mode) => new ItemRepair($"Correct the type in the entry '{name}'.", null, state =>
    {
        if (!state.Tree.TryGet(key, out var value)) return;
        Span<byte> copy = stackalloc byte[value.Length];
        value.CopyTo(copy);
        copy[8] = (byte)(mode >> 12);
        state.Items.Put(key, copy);
    });

    /// <summary>Adds the blocks of the extents up.</summary>
    public static IRepair Recount(ulong inode) =>
        new ItemRepair($"Correct the count of blocks of inode {inode}.", null, state => Recount(state, inode));

    /// <summary>Makes a range of a file one that reads EIO: its bytes are lost, or nobody knows which they are.</summary>
    public static IRepair Lose(ulong inode, ulong from, ulong to, string why)
    {
        var bytes = $"bytes {from * DeviceZones.BlockSize} to {to * DeviceZones.BlockSize} of inode {inode}";
        return new ItemRepair($"Mark {bytes} as lost, {why}.", $"They read EIO until they are written anew: {bytes}.", state =>
        {
            Carve(state, inode, from, to);
            PutLost(state, inode, from, to);
            Recount(state, inode);
        });
    }

    /// <summary>Makes all holes before a block ranges that read EIO: extents are missing there.</summary>
    public static IRepair LoseHoles(ulong inode, ulong end) => new ItemRepair(
        $"Mark all ranges without an extent of inode {inode} as lost, because as many blocks are missing.",
        "They read EIO until they are written anew.", state =>
        {
            var extents = new List<Extent>();
            var scan = state.Tree.Scan(ItemKeys.Of(inode, ItemKind.Extent));
            while (scan.MoveNext() && scan.Key.High == ItemKeys.Of(inode, ItemKind.Extent).High)
                if (ItemChecks.RunsOf(state, scan.Key, scan.Value) is { } runs) extents.AddRange(runs);
            var from = 0ul;
            foreach (var extent in extents.Append(new Extent(end, 1, Location.Lost)))
            {
                if (extent.FileBlock > from)
                {
                    Carve(state, inode, from, Math.Min(extent.FileBlock, end)); // a page map has its chunk for itself
                    PutLost(state, inode, from, Math.Min(extent.FileBlock, end));
                }
                from = Math.Max(from, extent.End);
            }
            Recount(state, inode);
        });

    /// <summary>Takes away an extent that covers nothing of its file.</summary>
    public static IRepair RemoveExtent(ulong inode, ulong fileBlock, ulong end) => new ItemRepair(
        $"Remove an extent of inode {inode} that lies behind the file's end.", null, state =>
        {
            Carve(state, inode, fileBlock, end == ulong.MaxValue ? fileBlock + 1 : end);
            Recount(state, inode);
        });

    public static IRepair DropCopy(ulong inode, ulong fileBlock) => new ItemRepair(
        $"Drop the promoted copy of inode {inode} from byte {fileBlock * DeviceZones.BlockSize} on.", null,
        state => Delete(state, ItemKeys.Of(inode, ItemKind.Promoted, fileBlock)));

    /// <summary>Takes away an attribute with all its parts.</summary>
    public static IRepair RemoveAttribute(ulong inode, ulong key, string name) => new ItemRepair(
        $"Remove the attribute '{name}' of inode {inode}.", $"The attribute '{name}' of inode {inode}.", state =>
        {
            Delete(state, ItemKeys.Of(inode, ItemKind.Xattr, key));
            state.Items.DeleteRange(ItemKeys.Of(inode, ItemKind.XattrPart, key), ItemKeys.Of(inode, ItemKind.XattrPart, key + NameKey.SlotsMax));
        });

    public static IRepair MakeRoot() => new ItemRepair("Make a new record of the root directory.", "Its owner, mode and times.", state =>
    {
        var now = state.Now;
        state.Items.PutInode(Volume.RootInode, new InodeRecord
        {
            AccessTime = now, ModifyTime = now, ChangeTime = now, Parent = Volume.RootInode, LinkCount = 2, Mode = FileMode.S_IFDIR | 0x1C0,
        });
    });

    /// <summary>The checkpoint that ends every repair writes the number; recovery has found out the right one.</summary>
    public static IRepair NextInode() => new ItemRepair("Correct the next inode number.", null, state =>
    {
        state.RecordedNextInode = state.NextInode;
        state.Journal.Current.Mutations.NextInode(state.NextInode);
    });

    public static string Name(ReadOnlySpan<byte> name) => Encoding.UTF8.GetString(name);

    private static void Delete(VolumeState state, ItemKey key)
    {
        if (state.Tree.TryGet(key, out _)) state.Items.Delete(key);
    }

    private static void PutExtent(VolumeState state, ItemKind layer, ulong inode, Extent extent)
    {
        Span<byte> value = stackalloc byte[Extent.EncodedBytesMax];
        state.Items.Put(ItemKeys.Of(inode, layer, extent.FileBlock), value[..extent.Write(value)]);
    }

    private static void PutLost(VolumeState state, ulong inode, ulong from, ulong to)
    {
        for (var block = from; block < to;)
        {
            // No longer than the zone: a block of it must not be taken for one of the next.
            var count = (uint)Math.Min(to - block, state.Zones[0].CapacityBlocks);
            PutExtent(state, ItemKind.Extent, inode, new Extent(block, count, Location.Lost));
            block += count;
            state.Journal.EndTransaction();
        }
    }

    /// <summary>Takes a range out of the file's extents, also where they overlap or are malformed, which the map over them could not.</summary>
    private static void Carve(VolumeState state, ulong inode, ulong from, ulong to)
    {
        var (gone, rests) = (new List<ulong>(), new List<Extent>());
        var scan = state.Tree.Scan(ItemKeys.Of(inode, ItemKind.Extent));
        while (scan.MoveNext() && scan.Key.High == ItemKeys.Of(inode, ItemKind.Extent).High && scan.Key.Low < to)
        {
            var runs = ItemChecks.RunsOf(state, scan.Key, scan.Value);
            var end = PageMap.Is(scan.Value) ? scan.Key.Low + PageMap.Blocks : runs is [var only] ? only.End : scan.Key.Low + 1;
            if (end <= from) continue;
            gone.Add(scan.Key.Low);
            foreach (var extent in runs ?? [])
            {
                // What is not in its place is no better in a part of it, unless it is another's turn to say so.
                if (extent.End <= from || extent.FileBlock >= to) rests.Add(extent);
                else if (extent.At.IsLost || ItemChecks.IsPlace(state, extent))
                {
                    if (extent.FileBlock < from) rests.Add(extent.Slice(extent.FileBlock, from));
                    if (extent.End > to) rests.Add(extent.Slice(to, extent.End));
                }
            }
        }
        foreach (var fileBlock in gone) Delete(state, ItemKeys.Of(inode, ItemKind.Extent, fileBlock));
        foreach (var rest in rests)
            if (!state.Tree.TryGet(ItemKeys.Of(inode, ItemKind.Extent, rest.FileBlock), out _)) PutExtent(state, ItemKind.Extent, inode, rest);
    }

    private static void Recount(VolumeState state, ulong inode)
    {
        if (!ItemChecks.TryRecord(state, inode, out var record)) return;
        var blocks = 0ul;
        var scan = state.Tree.Scan(ItemKeys.Of(inode, ItemKind.Extent));
        while (scan.MoveNext() && scan.Key.High == ItemKeys.Of(inode, ItemKind.Extent).High)
            foreach (var extent in ItemChecks.RunsOf(state, scan.Key, scan.Value) ?? []) blocks += extent.Count;
        record.Blocks = blocks;
        state.Items.PutInode(inode, record);
    }
}

/// <summary>Changes a record in place.</summary>
internal delegate void RecordChange(ref InodeRecord record);
