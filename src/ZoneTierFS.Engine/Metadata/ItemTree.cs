namespace ZoneTierFS.Engine.Metadata;

/// <summary>
/// All items of the volume's metadata, in key order: a B+tree over the pages of a <see cref="PageStore"/>. All calls are made under one lock. Looking up and
/// changing allocate nothing on the managed heap except when the store itself grows.
/// </summary>
/// <remarks>
/// Leaves are not chained: a chain would make a page that moves or vanishes dirty its neighbour. Pages that fall below half are merged with a
/// neighbour if both fit well into one, and empty pages are always freed; they are not balanced any further.
/// </remarks>
internal sealed unsafe partial class ItemTree
{
    /// <summary>Longest value, bytes: three items of this size fit into a leaf, so that every split succeeds.</summary>
    public const int ValueBytesMax = TreePage.Capacity / 3 - TreePage.EntrySize;

    private readonly PageStore _pages;

    /// <param name="pages">A store of kind Tree.</param>
    /// <param name="root">The root page's id; <see cref="PageFormat.NoId"/> makes an empty tree.</param>
    /// <param name="itemCount">Items in the tree, which a checkpoint remembers beside the root.</param>
    public ItemTree(PageStore pages, uint root = PageFormat.NoId, long itemCount = 0)
    {
        _pages = pages;
        ItemCount = itemCount;
        Root = root == PageFormat.NoId ? NewPage(0) : root;
    }

    public uint Root { get; private set; }

    public long ItemCount { get; private set; }

    /// <summary>Grows with every change; lets a cursor notice that it outlived its tree's shape.</summary>
    internal long ChangeCount { get; private set; }

    /// <summary>The value of an item. The span is valid until the next change of the tree.</summary>
    public bool TryGet(ItemKey key, out ReadOnlySpan<byte> value)
    {
        var leaf = Page(Root);
        for (var level = leaf.Level; level > 0; level--)
            leaf = Child(leaf, leaf.ChildIndex(key), level - 1);
        var index = leaf.LowerBound(key);
        if (index == leaf.Count || leaf.Key(index) != key)
        {
            value = default;
            return false;
        }
        value = leaf.Value(index);
        return true;
    }

    /// <summary>The item with the greatest key that is not above this one.</summary>
    public bool TryGetAtOrBefore(ItemKey key, out ItemKey found, out ReadOnlySpan<byte> value)
    {
        var path = default(TreePath);
        var leaf = Descend(key, ref path);
        var index = path[0].Index;
        if (index == leaf.Count || leaf.Key(index) != key)
            index--;
        if (index < 0 && !TryPreviousLeaf(ref path, out leaf))
            return Miss(out found, out value);
        return Hit(leaf, index < 0 ? leaf.Count - 1 : index, out found, out value);
    }

    /// <summary>The item with the least key that is not below this one.</summary>
    public bool TryGetAtOrAfter(ItemKey key, out ItemKey found, out ReadOnlySpan<byte> value)
    {
        var path = default(TreePath);
        return TrySeek(key, ref path, out var leaf) ? Hit(leaf, path[0].Index, out found, out value) : Miss(out found, out value);
    }

    /// <summary>Reads items in ascending order, from the first whose key is not below this one. Any change of the tree ends the cursor's validity.</summary>
    public ItemCursor Scan(ItemKey from) => new(this, from);

    /// <summary>Finds the first item whose key is not below this one; false where there is none.</summary>
    internal bool TrySeek(ItemKey key, ref TreePath path, out TreePage leaf)
    {
        leaf = Descend(key, ref path);
        return path[0].Index < leaf.Count || TryNextLeaf(ref path, out leaf);
    }

    /// <summary>Goes to the first item of the leaf after the path's; false at the tree's end.</summary>
    internal bool TryNextLeaf(ref TreePath path, out TreePage leaf)
    {
        var top = Page(Root).Level;
        for (var level = 1; level <= top; level++)
        {
            var page = Page(path[level].Page);
            if (path[level].Index + 1 >= page.Count)
                continue;
            path[level].Index++;
            for (var below = level - 1; below >= 0; below--)
            {
                path[below] = new TreePath.Step { Page = page.Child(path[below + 1].Index), Index = 0 };
                page = Child(page, path[below + 1].Index, below);
            }
            leaf = page;
            return leaf.Count > 0;
        }
        leaf = default;
        return false;
    }

    private bool TryPreviousLeaf(ref TreePath path, out TreePage leaf)
    {
        var top = Page(Root).Level;
        for (var level = 1; level <= top; level++)
        {
            if (path[level].Index == 0)
                continue;
            var page = Page(path[level].Page);
            var index = path[level].Index - 1;
            for (var below = level - 1; below >= 0; below--)
            {
                page = Child(page, index, below);
                index = page.Count - 1;
            }
            leaf = page;
            return leaf.Count > 0;
        }
        leaf = default;
        return false;
    }

    // The leaf whose range holds the key, and in the path's last step where in it the key is or belongs.
    private TreePage Descend(ItemKey key, ref TreePath path)
    {
        var id = Root;
        var page = Page(id);
        for (var level = page.Level; level > 0; level--)
        {
            var index = page.ChildIndex(key);
            path[level] = new TreePath.Step { Page = id, Index = index };
            id = page.Child(index);
            page = Child(page, index, level - 1);
        }
        path[0] = new TreePath.Step { Page = id, Index = page.LowerBound(key) };
        return page;
    }

    private TreePage Page(uint id) => new(_pages.Get(id));

    // Levels are checked at every step, so that pages that point at each other can lead neither in circles nor out of the path.
    private TreePage Child(TreePage parent, int index, int level)
    {
        var page = Page(parent.Child(index));
        if (page.Level != level)
            ThrowWrongLevel(parent.Child(index), page.Level, level);
        return page;
    }

    private static void ThrowWrongLevel(uint id, int found, int expected) =>
        throw new InvalidDataException($"Tree page {id} is of level {found} where level {expected} belongs.");

    private static bool Hit(TreePage leaf, int index, out ItemKey found, out ReadOnlySpan<byte> value)
    {
        found = leaf.Key(index);
        value = leaf.Value(index);
        return true;
    }

    private static bool Miss(out ItemKey found, out ReadOnlySpan<byte> value)
    {
        found = default;
        value = default;
        return false;
    }
}
