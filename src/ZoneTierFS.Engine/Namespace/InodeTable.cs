using System.Runtime.InteropServices;
using ZoneTierFS.Engine.Extents;

namespace ZoneTierFS.Engine.Namespace;

/// <summary>The inodes in use. Everything wants the state lock.</summary>
internal sealed class InodeTable(VolumeState state)
{
    private readonly Dictionary<ulong, Inode> _inodes = [];

    public bool TryGet(ulong number, out Inode inode) => _inodes.TryGetValue(number, out inode!);

    /// <summary>Some inode without name and user is still in the hands of the background, and is deleted when that is done.</summary>
    public bool AnyDying => _inodes.Values.Any(inode => inode is { Unlinked: true, Deleted: false, OpenCount: 0 });

    /// <summary>Takes a reference; null where there is no such inode.</summary>
    public Inode? Acquire(ulong number)
    {
        if (!_inodes.TryGetValue(number, out var inode))
        {
            if (!state.Items.TryGetInode(number, out var record)) return null;
            inode = new Inode(number)
            {
                Size = record.Size, ModifyTime = record.ModifyTime, Unlinked = record.LinkCount == 0,
                IsImmutable = (record.Flags & InodeFlags.Immutable) != 0,
            };
            _inodes[number] = inode;
        }
        if (inode.Deleted) return null;
        inode.References++;
        return inode;
    }

    /// <summary>Gives a reference back; the last one of an unlinked inode deletes it, data and all.</summary>
    public void Release(Inode inode)
    {
        Invariant.Holds(inode.References > 0, "a reference is given back once");
        inode.References--;
        DeleteIfUnused(inode);
        if (inode.References > 0) return;
        Invariant.Holds(inode.Dirty is null && !inode.IsDirty, "a dirty inode is referenced by the write-back queue");
        // Two objects for one inode would each hold a part of its unwritten bytes.
        Invariant.Holds(_inodes.Remove(inode.Number, out var removed) && removed == inode, "an inode in use is in the table once");
    }

    /// <summary>Deletes an inode that has no name and that nobody but the write-back queue refers to: its space is free at once.</summary>
    public void DeleteIfUnused(Inode inode)
    {
        if (!inode.Unlinked || inode.Deleted || inode.References != (inode.IsQueued ? 1 : 0) + (inode.IsEager ? 1 : 0)) return;
        Invariant.Holds(inode.OpenCount == 0 && inode.Flushing is null, "an inode in use is referenced");
        DiscardDirty(inode);
        DeleteItems(inode.Number);
        inode.Deleted = true;
        state.Journal.EndTransaction();
    }

    public void DiscardDirty(Inode inode)
    {
        inode.IsDirty = false;
        if (inode.Dirty is null) return;
        state.Space.Release(inode.Dirty.Blocks);
        state.Space.ReturnBuffer(inode.Dirty);
        inode.Dirty = null;
    }

    /// <summary>Deletes an inode that has no name and no user: its extents, attributes, orphan mark and record, in one transaction.</summary>
    public void DeleteItems(ulong number)
    {
        state.Extents.Remove(ItemKind.Promoted, number, 0, ulong.MaxValue);
        state.Extents.Remove(ItemKind.Extent, number, 0, ulong.MaxValue);
        state.Items.DeleteRange(ItemKeys.Of(number, ItemKind.Inode), ItemKeys.Of(number + 1, ItemKind.Inode));
        var orphan = ItemKeys.Of(0, ItemKind.Orphan, number);
        if (state.Tree.TryGet(orphan, out _)) state.Items.Delete(orphan);
        state.Heat.Forget(number);
        state.InodeCount--;
    }
}
