using System.Runtime.InteropServices;
using ZoneTierFS.Engine.Extents;
using ZoneTierFS.Engine.Journal;
using ZoneTierFS.Engine.Metadata;

namespace ZoneTierFS.Engine.Namespace;

/// <summary>The tree of items together with its redo log: a change goes to both, so a replay of the log rebuilds the tree. Wants the state lock.</summary>
internal sealed class MetadataItems(ItemTree tree, RedoJournal journal)
{
    public ItemTree Tree { get; } = tree;
    public RedoJournal Journal { get; } = journal;

    /// <summary>How often any inode's record was changed, plus 1: as long as it stays, all that was found out about a record still holds.</summary>
    public ulong InodeChanges { get; private set; } = 1;

    public void Put(ItemKey key, ReadOnlySpan<byte> value)
    {
        Tree.Put(key, value);
        Journal.Current.Mutations.Put(key, value);
    }

    public void Delete(ItemKey key)
    {
        var existed = Tree.Delete(key);
        Invariant.Holds(existed, "only items that exist are deleted");
        Journal.Current.Mutations.Delete(key);
    }

    public void DeleteRange(ItemKey from, ItemKey to)
    {
        Tree.DeleteRange(from, to);
        Journal.Current.Mutations.DeleteRange(from, to);
    }

    /// <summary>Changes entries of a page map as <see cref="PageMap.Fill"/> does.</summary>
    public void MapRun(ItemKey map, int first, int count, ulong number)
    {
        Invariant.Holds(PageMap.TryPatch(Tree, map, first, count, number), "only maps that exist are changed");
        Journal.Current.Mutations.MapRun(map, first, count, number);
    }

    public bool TryGetInode(ulong number, out InodeRecord record)
    {
        if (number <= ItemKeys.InodeMax && Tree.TryGet(ItemKeys.Of(number, ItemKind.Inode), out var value))
        {
            record = InodeRecord.Read(value);
            return true;
        }
        record = default;
        return false;
    }

    public void PutInode(ulong number, in InodeRecord record)
    {
        InodeChanges++;
        Put(ItemKeys.Of(number, ItemKind.Inode), MemoryMarshal.AsBytes(new ReadOnlySpan<InodeRecord>(in record)));
    }
}
