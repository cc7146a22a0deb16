using System.Runtime.CompilerServices;

namespace ZoneTierFS.Engine.Metadata;

internal sealed unsafe partial class ItemTree
{
    // What a neighbour takes over at once, at least: less would be done again with every few inserts.
    private const int ShiftBytesMin = TreePage.Capacity / 16;

    // Merged pages stay below this, so that the next inserts do not split them again at once.
    private const int MergedBytesMax = TreePage.Capacity / 4 * 3;

    /// <summary>Inserts an item or replaces its value.</summary>
    /// <param name="value">At most <see cref="ValueBytesMax"/> bytes.</param>
    public void Put(ItemKey key, ReadOnlySpan<byte> value)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value.Length, ValueBytesMax);
        var path = default(TreePath);
        var leaf = Descend(key, ref path);
        if (leaf.Holds(value)) // an item under a new key, say: the bytes would move while they are copied
        {
            PutCopy(key, value);
            return;
        }
        ChangeCount++;
        var index = path[0].Index;
        if (index < leaf.Count && leaf.Key(index) == key)
        {
            Replace(ref path, leaf, key, value);
            return;
        }
        ItemCount++;
        Insert(ref path, leaf, key, value);
    }

    /// <summary>Overwrites bytes in an item's value, whose length stays; false where there is no such item or it is too short.</summary>
    public bool TryPatch(ItemKey key, int offset, ReadOnlySpan<byte> bytes)
    {
        var path = default(TreePath);
        var leaf = Descend(key, ref path);
        var index = path[0].Index;
        if (index == leaf.Count || leaf.Key(index) != key || offset > leaf.Value(index).Length - bytes.Length)
            return false;
        ChangeCount++;
        _pages.MarkDirty(path[0].Page); // before the bytes change: who copies pages wants the old ones
        leaf.PatchValue(index, offset, bytes);
        return true;
    }

    /// <summary>False where there is no such item.</summary>
    public bool Delete(ItemKey key)
    {
        var path = default(TreePath);
        var leaf = Descend(key, ref path);
        var index = path[0].Index;
        if (index == leaf.Count || leaf.Key(index) != key)
            return false;
        Remove(ref path, leaf, index + 1);
        return true;
    }

    /// <summary>Deletes every item from one key up to, not including, another, and returns how many. Costs a descent per leaf, not per item.</summary>
    public int DeleteRange(ItemKey from, ItemKey to)
    {
        var deleted = 0;
        var path = default(TreePath);
        while (from < to && TrySeek(from, ref path, out var leaf) && leaf.Key(path[0].Index) < to)
        {
            var end = leaf.LowerBound(to);
            deleted += end - path[0].Index;
            Remove(ref path, leaf, end);
        }
        return deleted;
    }

    [SkipLocalsInit]
    private void PutCopy(ItemKey key, ReadOnlySpan<byte> value)
    {
        Span<byte> copy = stackalloc byte[ValueBytesMax];
        value.CopyTo(copy);
        Put(key, copy[..value.Length]);
    }

    private void Replace(ref TreePath path, TreePage leaf, ItemKey key, ReadOnlySpan<byte> value)
    {
        var index = path[0].Index;
        var growth = value.Length - leaf.Value(index).Length;
        _pages.MarkDirty(path[0].Page);
        if (growth <= leaf.FreeBytes)
        {
            leaf.ReplaceValue(index, value);
            if (growth < 0)
                Rebalance(ref path);
            return;
        }
        leaf.RemoveRange(index, index + 1);
        Insert(ref path, leaf, key, value);
    }

    private void Insert(ref TreePath path, TreePage leaf, ItemKey key, ReadOnlySpan<byte> value)
    {
        var index = path[0].Index;
        var bytes = TreePage.EntrySize + value.Length;
        _pages.MarkDirty(path[0].Page);
        if (bytes <= leaf.FreeBytes)
        {
            leaf.InsertItem(index, key, value);
            return;
        }
        if (TryShift(ref path, leaf, bytes))
        {
            leaf = Descend(key, ref path);
            leaf.InsertItem(path[0].Index, key, value);
            return;
        }
        var left = leaf.SplitPoint(index, bytes, IsAtTreeEnd(ref path, 0));
        var rightId = NewPage(0);
        var right = Page(rightId);
        leaf.MoveTail(index < left ? left - 1 : left, right);
        if (index < left)
            leaf.InsertItem(index, key, value);
        else
            right.InsertItem(index - left, key, value);
        InsertChild(ref path, 1, right.Key(0), rightId);
    }

    // Moves some of a full leaf's items into a neighbour, so that both have room for a new item; false where the neighbours are too full. Pages fill up like
    // this also where inserts come in no order, or in many short runs, as the extents of files do that were all created first.
    private bool TryShift(ref TreePath path, TreePage leaf, int newBytes)
    {
        if (Page(Root).Level == 0)
            return false;
        var (parent, at) = (Page(path[1].Page), path[1].Index);
        if (at > 0 && Child(parent, at - 1, 0) is var left && ShiftCount(leaf, left, newBytes, path[0].Index, fromEnd: false) is > 0 and var head)
        {
            MarkDirty(ref path, parent.Child(at - 1));
            leaf.MoveHead(head, left);
            parent.SetKey(at, leaf.Key(0));
            return true;
        }
        if (at + 1 < parent.Count && Child(parent, at + 1, 0) is var right
            && ShiftCount(leaf, right, newBytes, path[0].Index, fromEnd: true) is > 0 and var tail)
        {
            MarkDirty(ref path, parent.Child(at + 1));
            leaf.MoveTailBefore(leaf.Count - tail, right);
            parent.SetKey(at + 1, right.Key(0));
            return true;
        }
        return false;
    }

    private void MarkDirty(ref TreePath path, uint neighbour)
    {
        _pages.MarkDirty(neighbour);
        _pages.MarkDirty(path[0].Page);
        _pages.MarkDirty(path[1].Page);
    }

    // How many items of a full leaf's one end its neighbour is to take; 0 where the two are too full for the move to be worth it.
    private static int ShiftCount(TreePage leaf, TreePage neighbour, int newBytes, int index, bool fromEnd)
    {
        var moved = 0;
        // A run leaves nothing behind but full pages; what comes in no order finds the same room in both.
        var count = leaf.IsAscending(index)
            ? leaf.CountWithin(neighbour.FreeBytes - newBytes, fromEnd ? leaf.Count - index : index, fromEnd, out moved)
            : 0;
        if (moved < ShiftBytesMin)
            count = leaf.CountWithin((neighbour.FreeBytes - leaf.FreeBytes) / 2, leaf.Count - 1, fromEnd, out moved);
        return moved >= ShiftBytesMin && leaf.FreeBytes + moved >= newBytes && neighbour.FreeBytes - moved >= newBytes ? count : 0;
    }

    // Puts a page that was split off into its parent, right behind the page that it came from; splits the parent in turn where that is full.
    private void InsertChild(ref TreePath path, int level, ItemKey key, uint child)
    {
        for (var top = Page(Root).Level; level <= top; level++)
        {
            var page = Page(path[level].Page);
            var index = path[level].Index + 1;
            _pages.MarkDirty(path[level].Page);
            if (page.FreeBytes >= TreePage.EntrySize)
            {
                page.InsertChild(index, key, child);
                return;
            }
            var left = page.SplitPoint(index, TreePage.EntrySize, IsAtTreeEnd(ref path, level));
            var rightId = NewPage(level);
            var right = Page(rightId);
            page.MoveTail(index < left ? left - 1 : left, right);
            if (index < left)
                page.InsertChild(index, key, child);
            else
                right.InsertChild(index - left, key, child);
            (key, child) = (right.Key(0), rightId);
            right.SetKey(0, ItemKey.MinValue);
        }
        var rootId = NewPage(level);
        var root = Page(rootId);
        root.InsertChild(0, ItemKey.MinValue, Root);
        root.InsertChild(1, key, child);
        Root = rootId;
    }

    private bool IsAtTreeEnd(ref TreePath path, int level)
    {
        for (var above = Page(Root).Level; above > level; above--)
        {
            if (path[above].Index != Page(path[above].Page).Count - 1)
                return false;
        }
        return true;
    }

    // Removes the leaf's items from the path's place up to, not including, an index.
    private void Remove(ref TreePath path, TreePage leaf, int to)
    {
        ChangeCount++;
        ItemCount -= to - path[0].Index;
        _pages.MarkDirty(path[0].Page);
        leaf.RemoveRange(path[0].Index, to);
        Rebalance(ref path);
    }

    // Walks up from a page that lost entries: frees it when empty, merges it when small, and lowers the tree when its root has a single child.
    private void Rebalance(ref TreePath path)
    {
        var top = Page(Root).Level;
        for (var level = 0; level < top; level++)
        {
            var page = Page(path[level].Page);
            var parent = Page(path[level + 1].Page);
            var at = path[level + 1].Index;
            if (page.Count == 0)
                DropChild(ref path, level + 1, at);
            else if (page.UsedBytes >= TreePage.Capacity / 2)
                return;
            else if (at > 0 && FitIntoOne(parent, at - 1, level))
                Merge(ref path, level + 1, at - 1);
            else if (at + 1 < parent.Count && FitIntoOne(parent, at, level))
                Merge(ref path, level + 1, at);
            else
                return;
        }
        while (Page(Root) is { Level: > 0, Count: 1 } root)
        {
            var old = Root;
            Root = root.Child(0);
            _pages.Free(old);
        }
    }

    private bool FitIntoOne(TreePage parent, int leftIndex, int level) =>
        Child(parent, leftIndex, level).UsedBytes + Child(parent, leftIndex + 1, level).UsedBytes <= MergedBytesMax;

    // Merges the child at leftIndex + 1 into the one at leftIndex.
    private void Merge(ref TreePath path, int parentLevel, int leftIndex)
    {
        var parent = Page(path[parentLevel].Page);
        var right = Child(parent, leftIndex + 1, parentLevel - 1);
        _pages.MarkDirty(parent.Child(leftIndex));
        _pages.MarkDirty(parent.Child(leftIndex + 1)); // it is about to go, but a checkpoint may still want it as it is
        if (right.Level > 0) // its first child is no longer first
            right.SetKey(0, parent.Key(leftIndex + 1));
        right.MoveTail(0, Child(parent, leftIndex, parentLevel - 1));
        DropChild(ref path, parentLevel, leftIndex + 1);
    }

    private void DropChild(ref TreePath path, int parentLevel, int index)
    {
        _pages.MarkDirty(path[parentLevel].Page);
        var parent = Page(path[parentLevel].Page);
        _pages.Free(parent.Child(index));
        parent.RemoveRange(index, index + 1);
        if (index == 0 && parent.Count > 0)
            parent.SetKey(0, ItemKey.MinValue);
    }

    private uint NewPage(int level)
    {
        if (level > TreePage.LevelMax)
            throw new InvalidOperationException($"The tree would grow beyond level {TreePage.LevelMax}.");
        var id = _pages.Allocate();
        Page(id).Initialize(level);
        return id;
    }
}
